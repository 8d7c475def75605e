#pragma once

/// @file reply_check.hpp
/// Says whether an answer is right: HTTP head, bencode, and the peers that the swarm holds.

#include "tests/bench/options.hpp"
#include "tests/bench/population.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chihaya::bench {

/// What can be wrong with a request's fate; each is counted by itself.
enum class Fault : std::uint8_t {
    none,
    connect,   // no connection
    send,      // the request was not taken whole
    lost,      // the connection ended before its answer
    timeout,   // no answer in time
    head,      // not an HTTP head, or an endless one
    status,    // not 200
    length,    // no Content-Length, or it is not the body's
    bencode,   // not one canonical dictionary
    failure,   // `failure reason`
    interval,  // `interval` missing or not positive
    peers,     // wrong number or wrong peers
    count      // how many there are
};

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
    BodyCheck(Expectation expect, std::uint32_t peers) : expect_(expect), seen_(peers) {}

    [[nodiscard]] Fault operator()(std::string_view body, const Asked& asked);

    /// Members of the swarm that the last good reply spoke of.
    [[nodiscard]] std::int64_t swarm_size() const noexcept { return swarm_size_; }

private:
    [[nodiscard]] Fault check_peers(std::string_view peers, const Asked& asked);

    Expectation expect_;
    std::vector<std::uint64_t> seen_;  // per peer: the last reply that named it
    std::uint64_t reply_ = 0;
    std::int64_t swarm_size_ = 0;
};

}  // namespace chihaya::bench
