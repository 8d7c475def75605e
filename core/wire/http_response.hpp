#pragma once

/// @file http_response.hpp
/// The head of an HTTP response, and responses that are nothing but their status.

#include "core/wire/byte_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::wire {

/// Everything a head depends on but the length of its body.
struct ResponseHead {
    std::uint16_t status = 200;
    std::uint8_t minor_version = 1;  // of the request; answered alike
    bool keep_alive = true;          // does the server go on?
    std::string_view content_type = "text/plain";
};

/// Longest head; longer content types do not occur.
inline constexpr std::size_t response_head_max = 192;

/// Writes status line, Content-Type, Content-Length, and Connection where the version's default
/// does not say it (405 adds Allow), then the blank line.
void write_head(ByteWriter& out, const ResponseHead& head, std::size_t content_length) noexcept;

/// Writes a head and the body that `write_body(out)` appends, whose length nobody knew before.
/// Cost: the body is moved once
template <class WriteBody>
void write_response(ByteWriter& out, const ResponseHead& head, WriteBody&& write_body) noexcept;

/// Writes a response whose body is one line that says the status: "404 Not Found\n".
/// `with_body` is false for HEAD: the head says how long the body would be.
void write_status(ByteWriter& out, const ResponseHead& head, bool with_body = true) noexcept;

/// "Not Found"; "Unknown" for a status this server does not send.
[[nodiscard]] std::string_view status_text(std::uint16_t status) noexcept;

namespace detail {
/// Puts the head in front of the body that lies behind the `response_head_max` bytes at `room`.
void close_response(ByteWriter& out, const ResponseHead& head, char* room) noexcept;
}  // namespace detail

template <class WriteBody>
void write_response(ByteWriter& out, const ResponseHead& head, WriteBody&& write_body) noexcept {
    if (char* const room = out.skip(response_head_max); room != nullptr) {
        write_body(out);
        detail::close_response(out, head, room);
    }
}

}  // namespace chihaya::wire
