#pragma once

/// @file address.hpp
/// How far an address reaches, and therefore who may be handed a peer that has it.
///
/// A peer with a loopback, private or link-local address is of use to its own kind only: handing it
/// to a stranger on the internet sends that stranger to a machine of its own network. Every driver
/// decides by `ReachSet`, so that all of them decide alike.

#include "chihaya/types.hpp"

#include <cstdint>

namespace chihaya {

/// How far an address reaches.
/// Source: RFC 6890 (special-purpose addresses), RFC 6598 (100.64/10), RFC 4193 (fc00::/7).
///         Documentation addresses, 6to4 and Teredo count as global.
enum class Reach : std::uint8_t {
    global = 1,
    private_net = 2,  // 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7
    loopback = 4,     // 127/8, ::1
    link_local = 8,   // 169.254/16; useless in IPv6, where a zone would be needed
    nowhere = 16,     // 0/8, multicast, reserved, broadcast, fe80::/10: handed to nobody
};

/// A set of `Reach`, as bits.
using ReachSet = std::uint8_t;

[[nodiscard]] constexpr Reach reach_of(const Ipv4Endpoint& endpoint) noexcept {
    const auto& a = endpoint.wire;
    if (a[0] == 127) {
        return Reach::loopback;
    }
    if (a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0U) == 16) || (a[0] == 192 && a[1] == 168) ||
        (a[0] == 100 && (a[1] & 0xc0U) == 64)) {
        return Reach::private_net;
    }
    if (a[0] == 169 && a[1] == 254) {
        return Reach::link_local;
    }
    return a[0] == 0 || a[0] >= 224 ? Reach::nowhere : Reach::global;
}

[[nodiscard]] constexpr Reach reach_of(const Ipv6Endpoint& endpoint) noexcept {
    const auto& a = endpoint.wire;
    if ((a[0] & 0xfeU) == 0xfc) {
        return Reach::private_net;
    }
    if (a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0x80U) != 0)) {
        return Reach::nowhere;
    }
    if (a[0] != 0) {
        return Reach::global;
    }
    unsigned middle = 0;  // bytes 1..11: ::/96 holds :: and ::1 and what was never to be used
    for (unsigned i = 1; i < 12; ++i) {
        middle |= a[i];
    }
    const bool is_one = (middle | a[12] | a[13] | a[14]) == 0 && a[15] == 1;
    if (is_one) {
        return Reach::loopback;
    }
    return middle == 0 ? Reach::nowhere : Reach::global;
}

[[nodiscard]] constexpr ReachSet reach_bit(Reach reach) noexcept {
    return static_cast<ReachSet>(reach);
}

/// Which peers a client at `ipv4` and `ipv6` (either may be absent) may be handed: those of global
/// reach and those of its own kind.
[[nodiscard]] constexpr ReachSet reach_for(const Ipv4Endpoint& ipv4,
                                           const Ipv6Endpoint& ipv6) noexcept {
    unsigned set = reach_bit(Reach::global);
    set |= ipv4.present() ? reach_bit(reach_of(ipv4)) : 0U;
    set |= ipv6.present() ? reach_bit(reach_of(ipv6)) : 0U;
    return static_cast<ReachSet>(set & ~unsigned{reach_bit(Reach::nowhere)});
}

}  // namespace chihaya
