#pragma once

/// @file udp_reply.hpp
/// Replies of the UDP tracker protocol, written where they leave from. All numbers are big-endian.
///
/// Source: BEP 15

#include "chihaya/types.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// Action (4), transaction id (4), connection id (8): the whole reply, and no byte more, since
/// Transmission and aria2 refuse any other size.
inline constexpr std::size_t udp_connect_reply_size = 16;
void write_udp_connect(std::span<std::uint8_t, udp_connect_reply_size> out,
                       std::uint32_t transaction, std::uint64_t connection_id) noexcept;

/// Action (4), transaction id (4), interval (4), leechers (4), seeders (4). The peers follow
/// directly, in entries of 6 bytes or, over IPv6, of 18.
inline constexpr std::size_t udp_announce_head_size = 20;
void write_udp_announce(std::span<std::uint8_t, udp_announce_head_size> out,
                        std::uint32_t transaction, std::uint32_t interval,
                        const SwarmCounts& counts) noexcept;

/// Action (4), transaction id (4), and for each swarm seeders (4), snatches (4), leechers (4).
/// Shape:   `out` has room for all of them
/// Returns: the reply's size
constexpr std::size_t udp_scrape_reply_size(std::size_t swarms) noexcept {
    return 8 + 12 * swarms;
}
std::size_t write_udp_scrape(std::span<std::uint8_t> out, std::uint32_t transaction,
                             std::span<const SwarmCounts> counts) noexcept;

/// Action (4), transaction id (4), text without an end mark, cut where `out` ends.
/// Shape:   `out` has at least 8 bytes
/// Returns: the reply's size
constexpr std::size_t udp_error_size(std::string_view text) noexcept {
    return 8 + text.size();
}
std::size_t write_udp_error(std::span<std::uint8_t> out, std::uint32_t transaction,
                            std::string_view text) noexcept;

}  // namespace chihaya::wire
