#pragma once

/// @file listen_address.hpp
/// Addresses to listen on, as Go programs write them: ":6881", "127.0.0.1:6881", "[::1]:6881".

#include "core/base/result.hpp"
#include "core/config/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chihaya::config {

/// What `parse_listen_address` accepts, in words.
inline constexpr std::string_view listen_address_forms =
    R"(an address and port, such as ":6881", "127.0.0.1:6881" or "[::1]:6881")";

/// The addresses that `text` stands for: one, two for "localhost:6881", none for "".
///
/// ":6881", "0.0.0.0:6881" and "[::]:6881" are every address of both families, as in Go.
/// Errors: what to write instead
/// Source: Go, net.Listen
[[nodiscard]] Result<std::vector<Address>> parse_listen_address(std::string_view text);

/// The shortest text that `parse_listen_address` makes `address` from.
[[nodiscard]] std::string listen_address_text(const Address& address);

}  // namespace chihaya::config
