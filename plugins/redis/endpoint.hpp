#pragma once

/// @file endpoint.hpp
/// Where a Redis listens, and how operators write it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::redis {

inline constexpr std::uint16_t default_port = 6379;
inline constexpr std::uint16_t default_sentinel_port = 26379;

/// An address and port, a name and port, or a unix socket.
struct Endpoint {
    std::string host;  // without brackets
    std::uint16_t port = default_port;
    std::string path;  // of a unix socket; empty: host and port count

    [[nodiscard]] std::string text() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "host:port", "[v6]:port", "v6:port" as Redis writes it, or ":port" without a host.
[[nodiscard]] std::optional<Endpoint> parse_host_and_port(std::string_view text);

/// A port as digits, 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text) noexcept;

/// What a URL says.
struct Url {
    Endpoint endpoint;
    bool has_port = false;
    bool tls = false;
    std::string user;
    std::string password;
    std::optional<std::uint32_t> database;
};

/// Reads redis://[user[:password]@]host[:port][/database], the same with rediss:// (TLS), and
/// unix://[user:password@]/path[?db=N]. User and password may be percent-encoded.
/// Errors: nothing when it is none of these
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

}  // namespace chihaya::redis
