#include "core/base/ip_address.hpp"

#if defined(_WIN32)
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

#include <algorithm>
#include <charconv>
#include <cstring>

namespace chihaya {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t text_max = 45;  // INET6_ADDRSTRLEN without its NUL

}  // namespace

IpAddress IpAddress::from_ipv4(std::span<const std::uint8_t, 4> octets) noexcept {
    IpAddress address;
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin());
    std::copy(octets.begin(), octets.end(), address.bytes.begin() + 12);
    return address;
}

IpAddress IpAddress::from_ipv6(std::span<const std::uint8_t, 16> octets) noexcept {
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.bytes.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
    std::array<char, text_max + 1> terminated{};
    if (text.empty() || text.size() > text_max || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), terminated.begin());
    std::array<std::uint8_t, 4> ipv4{};
    if (::inet_pton(AF_INET, terminated.data(), ipv4.data()) == 1) {
        return from_ipv4(ipv4);
    }
    std::array<std::uint8_t, 16> ipv6{};
    if (::inet_pton(AF_INET6, terminated.data(), ipv6.data()) == 1) {
        return from_ipv6(ipv6);
    }
    return std::nullopt;
}

bool IpAddress::is_ipv4() const noexcept {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

std::span<const std::uint8_t, 4> IpAddress::ipv4() const noexcept {
    return std::span(bytes).last<4>();
}

Ipv4Endpoint IpAddress::ipv4_endpoint(std::uint16_t port) const noexcept {
    Ipv4Endpoint endpoint;
    std::memcpy(endpoint.wire.data(), bytes.data() + 12, 4);
    endpoint.wire[4] = static_cast<std::uint8_t>(port >> 8U);
    endpoint.wire[5] = static_cast<std::uint8_t>(port & 0xffU);
    return endpoint;
}

Ipv6Endpoint IpAddress::ipv6_endpoint(std::uint16_t port) const noexcept {
    Ipv6Endpoint endpoint;
    std::memcpy(endpoint.wire.data(), bytes.data(), 16);
    endpoint.wire[16] = static_cast<std::uint8_t>(port >> 8U);
    endpoint.wire[17] = static_cast<std::uint8_t>(port & 0xffU);
    return endpoint;
}

std::string IpAddress::text() const {
    std::array<char, text_max + 1> out{};
    const bool four = is_ipv4();
    ::inet_ntop(four ? AF_INET : AF_INET6, bytes.data() + (four ? 12 : 0), out.data(),
                static_cast<socklen_t>(out.size()));
    return out.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) noexcept {
    const auto slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) {
        return std::nullopt;
    }
    const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned family_bits = dotted ? 32 : 128;
    unsigned bits = family_bits;
    if (slash != std::string_view::npos) {
        const std::string_view number = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), bits);
        if (number.empty() || error != std::errc{} || end != number.data() + number.size() ||
            bits > family_bits) {
            return std::nullopt;
        }
    }
    IpNetwork network;
    network.base_ = *base;
    network.bits_ = bits + 128 - family_bits;
    return network;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
    const std::size_t whole = bits_ / 8;
    // A short IPv6 prefix such as ::/0 covers the mapped range by accident, not by intent.
    if (address.is_ipv4() && !is_ipv4()) {
        return false;
    }
    if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin())) {
        return false;
    }
    const unsigned rest = bits_ % 8;
    if (rest == 0) {
        return true;
    }
    const unsigned mask = 0xffU << (8 - rest) & 0xffU;
    return ((base_.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

bool IpNetwork::is_ipv4() const noexcept {
    return base_.is_ipv4() && bits_ >= 8 * mapped_prefix.size();
}

IpAddress IpNetwork::first() const noexcept {
    IpAddress address = base_;
    for (std::size_t bit = bits_; bit < 128; ++bit) {
        address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    }
    return address;
}

IpAddress IpNetwork::last() const noexcept {
    IpAddress address = base_;
    for (std::size_t bit = bits_; bit < 128; ++bit) {
        address.bytes[bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    }
    return address;
}

bool is_in(std::span<const IpNetwork> networks, const IpAddress& address) noexcept {
    return std::ranges::any_of(networks,
                               [&](const IpNetwork& one) { return one.contains(address); });
}

}  // namespace chihaya
