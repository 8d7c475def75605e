#pragma once

/// @file udp_reply.hpp
/// Says whether a datagram is the right answer to an announce.

#include "tests/bench/load/reply_check.hpp"

#include <cstdint>
#include <string_view>

namespace chihaya::bench {

/// Checks datagrams against the population. Keeps scratch space, hence not const.
class DatagramCheck {
public:
    DatagramCheck(Expectation expect, std::uint32_t peers) : peers_(expect, peers) {}

    /// The transaction has been looked at before: it says which request is answered.
    [[nodiscard]] Fault operator()(std::string_view datagram, const Asked& asked);

    [[nodiscard]] const PeerCheck& peers() const noexcept { return peers_; }

private:
    PeerCheck peers_;
};

}  // namespace chihaya::bench
