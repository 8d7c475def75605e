#pragma once

/// @file http_request.hpp
/// The head of an HTTP request, read in place. As tolerant as old clients need (HTTP/1.0 without
/// Host, bare line feeds, raw bytes in the target) and no more: what could be read in two ways is
/// refused. Source: RFC 9112

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::wire {

enum class Method : std::uint8_t { get, head, other };

/// A whole request head.
/// Lifetime: views lie in the input
struct HttpRequest {
    Method method = Method::other;
    std::uint8_t minor_version = 1;  // 0 or 1
    bool keep_alive = false;         // does the client want to go on?
    std::string_view path{};         // without scheme and authority; "/" when it was empty
    std::string_view query{};        // behind the first '?'
    std::string_view fields{};       // all header lines, as they came, without the blank one
    std::string_view user_agent{};   // empty when absent
    std::size_t body_size = 0;       // bytes that follow the head; at most `request_body_max`
    std::size_t head_size = 0;       // bytes of the input that the head took, blank line included
};

enum class HttpParse : std::uint8_t { complete, incomplete, refused };

/// Reads the first request of `input`, which may go on behind it.
///
/// `already_seen` is how many bytes of `input` an earlier call found incomplete: a hint that makes
/// the repetition cheap. What is refused stays refused whatever follows, what is incomplete is not
/// complete without more bytes.
///
/// Shape:  `out` is meaningful when complete; `refusal` when refused: 400, 413, 414, 431 or 505.
///         After a refusal the connection is of no further use
/// Limits: request line, header bytes and lines, body as in core/base/limits.hpp; noticed before
///         the line has ended
[[nodiscard]] HttpParse parse_http_request(std::string_view input, HttpRequest& out,
                                           std::uint16_t& refusal,
                                           std::size_t already_seen = 0) noexcept;

/// Goes through header lines, for whoever looks for one that `HttpRequest` does not name.
/// Lifetime: the fields outlive the cursor
class FieldCursor final {
public:
    explicit FieldCursor(std::string_view fields) noexcept : rest_(fields) {}

    /// The next line's name and trimmed value; false when there is none. Lines without a colon are
    /// passed over.
    [[nodiscard]] bool next(std::string_view& name, std::string_view& value) noexcept;

private:
    std::string_view rest_;
};

}  // namespace chihaya::wire
