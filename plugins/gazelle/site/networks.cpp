#include "plugins/gazelle/site/networks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace chihaya::gazelle {
namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr std::size_t ipv4_at = 12;
constexpr unsigned ipv4_bits = 96;  // before those of an IPv4 address

Address mapped(const std::uint8_t* ipv4) noexcept {
    Address address{};
    address[10] = address[11] = 0xff;
    std::copy_n(ipv4, 4, address.begin() + ipv4_at);
    return address;
}

bool is_within(const Network& network, const Address& address) noexcept {
    for (unsigned bit = 0; bit < network.bits; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if (((network.bytes[bit / 8] ^ address[bit / 8]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string name(text.substr(0, slash));
    Network network;
    std::array<std::uint8_t, 4> ipv4{};
    unsigned before = 0;
    if (inet_pton(AF_INET, name.c_str(), ipv4.data()) == 1) {
        network.bytes = mapped(ipv4.data());
        before = ipv4_bits;
    } else if (inet_pton(AF_INET6, name.c_str(), network.bytes.data()) != 1) {
        return std::nullopt;
    }
    if (slash == std::string_view::npos) {
        return network;
    }
    const std::string_view size = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bits);
    if (error != std::errc{} || end != size.data() + size.size() || bits > 128 - before) {
        return std::nullopt;
    }
    network.bits = before + bits;
    return network;
}

std::vector<Network> parse_networks(const std::vector<std::string>& texts) {
    std::vector<Network> networks;
    for (const std::string& text : texts) {
        if (const auto network = parse_network(text)) {
            networks.push_back(*network);
        }
    }
    return networks;
}

bool lies_in(const std::vector<Network>& networks, const Ipv4Endpoint& ipv4,
             const Ipv6Endpoint& ipv6) noexcept {
    Address address{};
    if (ipv4.present()) {
        address = mapped(ipv4.wire.data());
    } else if (ipv6.present()) {
        std::copy_n(ipv6.wire.begin(), address.size(), address.begin());
    } else {
        return false;
    }
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network& network) { return is_within(network, address); });
}

}  // namespace chihaya::gazelle
