#pragma once

/// @file udp_options.hpp
/// What udp_load was asked to do.

#include "tests/bench/load/options.hpp"

#include <optional>

namespace chihaya::bench {

/// During a fill a late answer is shown by its latency: a lost one would leave a peer out.
inline constexpr std::uint32_t fill_timeout_ms = 30'000;

struct UdpOptions : Options {
    std::uint32_t window = 64;        // requests in flight, over all sockets
    std::uint32_t fill_window = 128;  // during the fill: less than a socket's buffer holds
    std::uint32_t sockets = 8;        // source ports of each address that peers have
    std::uint32_t timeout_ms = 2000;  // after which an answer counts as lost
    bool selection = false;           // say how evenly the peers of the one swarm were handed out
};

/// Absent after an error, which has been printed with what is accepted.
[[nodiscard]] std::optional<UdpOptions> udp_options(std::span<char* const> arguments);

}  // namespace chihaya::bench
