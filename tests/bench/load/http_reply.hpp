#pragma once

/// @file http_reply.hpp
/// Says whether an HTTP answer is right: head, bencode, and the peers that the swarm holds.

#include "tests/bench/load/fault.hpp"
#include "tests/bench/load/reply_check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::bench {

/// The first line and the headers that matter.
struct Head {
    bool complete = false;  // false: more bytes are needed
    Fault fault = Fault::none;
    std::size_t size = 0;  // of the head
    std::size_t body = 0;  // Content-Length
    bool close = false;    // the server will close the connection
};

[[nodiscard]] Head read_head(std::string_view input) noexcept;

/// Checks bodies against the population. Keeps scratch space, hence not const.
class BodyCheck {
public:
    BodyCheck(Expectation expect, std::uint32_t peers)
        : line_break_(expect == Expectation::uncounted), peers_(expect, peers) {}

    [[nodiscard]] Fault operator()(std::string_view body, const Asked& asked);

    /// Members of the swarm that the last good reply spoke of.
    [[nodiscard]] std::int64_t swarm_size() const noexcept { return peers_.swarm_size(); }

private:
    bool line_break_;  // may follow the dictionary
    PeerCheck peers_;
};

}  // namespace chihaya::bench
