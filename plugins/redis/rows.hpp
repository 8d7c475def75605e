#pragma once

/// @file rows.hpp
/// The rows of a page, as records and back.

#include "chihaya/announce.hpp"
#include "chihaya/swarm.hpp"
#include "plugins/redis/layout.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// A member's key: user (8), peer id (20), IPv4 endpoint (6), IPv6 endpoint (18).
namespace member_key {
inline constexpr std::size_t peer_id = 8;
inline constexpr std::size_t ipv4 = 28;
inline constexpr std::size_t ipv6 = 34;
}  // namespace member_key

/// What is known of a member besides: flags (1), hash (2), when its two addresses were last named
/// (ticks, 2 each), uploaded, downloaded, left, corrupt (8 each), first announce, last announce,
/// announces (4 each), client key (4).
namespace member_meta {
inline constexpr std::size_t ipv4_tick = 3;
inline constexpr std::size_t ipv6_tick = 5;
inline constexpr std::size_t counters = 7;
inline constexpr std::size_t times = 39;
inline constexpr std::size_t client_key = 51;
}  // namespace member_meta

/// Appends a member's key.
void put_member_key(std::string& to, UserId user, const PeerId& peer_id, const Ipv4Endpoint& ipv4,
                    const Ipv6Endpoint& ipv6);

[[nodiscard]] Ipv4Endpoint ipv4_at(std::string_view bytes, std::size_t at) noexcept;
[[nodiscard]] Ipv6Endpoint ipv6_at(std::string_view bytes, std::size_t at) noexcept;

/// The history in a member's flags, counters and times (45 bytes, as announce.lua answers them).
[[nodiscard]] PeerHistory history_of(std::string_view bytes) noexcept;

/// One row as a record. `key` and `meta` have the sizes of `kind`; `now` is what ticks are seen
/// from.
[[nodiscard]] PeerRecord record_of(Kind kind, std::string_view key, std::string_view meta,
                                   std::uint32_t now) noexcept;

}  // namespace chihaya::redis
