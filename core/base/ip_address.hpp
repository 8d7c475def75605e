#pragma once

/// @file ip_address.hpp
/// Addresses without ports, and networks of them. An IPv4 address mapped into IPv6 is IPv4 here,
/// always: that is decided once, when the address is made.

#include "chihaya/types.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chihaya {

/// Shape: 16 bytes, IPv4 as ::ffff:a.b.c.d, so that equality and prefixes need no cases
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] static IpAddress from_ipv4(std::span<const std::uint8_t, 4> octets) noexcept;
    /// ::ffff:a.b.c.d becomes IPv4 by itself.
    [[nodiscard]] static IpAddress from_ipv6(std::span<const std::uint8_t, 16> octets) noexcept;

    /// Dotted IPv4, or IPv6 without brackets and zone.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

    [[nodiscard]] bool is_ipv4() const noexcept;
    /// Only of an IPv4 address: its four bytes.
    [[nodiscard]] std::span<const std::uint8_t, 4> ipv4() const noexcept;

    [[nodiscard]] Ipv4Endpoint ipv4_endpoint(std::uint16_t port) const noexcept;
    [[nodiscard]] Ipv6Endpoint ipv6_endpoint(std::uint16_t port) const noexcept;

    /// As RFC 5952 writes it, without brackets.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// An address and a prefix length: "10.0.0.0/8", "::1/128", or a lone address.
class IpNetwork {
public:
    /// Errors: empty when `text` is no network, or the prefix too long; bits behind it are ignored
    [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text) noexcept;

    /// A network is of one family: "::/0" contains no IPv4 address.
    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;

    [[nodiscard]] bool is_ipv4() const noexcept;
    /// Its lowest address, and its highest.
    [[nodiscard]] IpAddress first() const noexcept;
    [[nodiscard]] IpAddress last() const noexcept;

    friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

private:
    IpAddress base_;
    unsigned bits_ = 128;  // of the 16-byte form
};

/// Is the address in one of these?
[[nodiscard]] bool is_in(std::span<const IpNetwork> networks, const IpAddress& address) noexcept;

}  // namespace chihaya
