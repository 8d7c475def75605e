#pragma once

/// @file networks.hpp
/// From where the site may call.

#include "chihaya/types.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::gazelle {

/// Addresses that begin alike. Shape: IPv4 as ::ffff:a.b.c.d
struct Network {
    std::array<std::uint8_t, 16> bytes{};
    unsigned bits = 128;  // that count
};

/// Reads "10.0.0.0/8", "10.1.2.3", "2001:db8::/32" or "::1".
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);

/// Reads all; what is no network is left out.
[[nodiscard]] std::vector<Network> parse_networks(const std::vector<std::string>& texts);

/// Does the one of the two addresses that is present lie in one of the networks? IPv4 mapped into
/// IPv6 counts as IPv4.
[[nodiscard]] bool lies_in(const std::vector<Network>& networks, const Ipv4Endpoint& ipv4,
                           const Ipv6Endpoint& ipv6) noexcept;

}  // namespace chihaya::gazelle
