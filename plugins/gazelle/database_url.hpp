#pragma once

/// @file database_url.hpp
/// Where a database is, in one line.

#include "plugins/gazelle/parameters.hpp"

#include <optional>
#include <string_view>

namespace chihaya::gazelle {

/// Reads mysql://[user[:password]@]host[:port][/schema], the same with mariadb://, and
/// mysql://[user[:password]@]/schema?socket=/path. User, password and path may be percent-encoded.
/// Errors: nothing when it is none of these
[[nodiscard]] std::optional<DatabaseAddress> parse_database_url(std::string_view text);

/// A port as digits, 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text) noexcept;

/// A name, an IPv4 address, or an IPv6 address without brackets.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// What identifiers of a database are here: letters, digits, '_', '$' and '-', up to 64.
[[nodiscard]] bool is_schema(std::string_view text) noexcept;

}  // namespace chihaya::gazelle
