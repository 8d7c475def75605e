#pragma once

/// @file reply_check.hpp
/// Says whether the peers of a reply are those that the swarm holds: the part that HTTP and UDP
/// have in common.

#include "tests/bench/load/fault.hpp"
#include "tests/bench/load/options.hpp"
#include "tests/bench/load/population.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace chihaya::bench {

/// Bytes of an IPv4 peer on the wire.
inline constexpr std::size_t compact_peer = 6;

/// Checks peers against the population. Keeps scratch space, hence not const.
class PeerCheck {
public:
    PeerCheck(Expectation expect, std::uint32_t peers) : expect_(expect), seen_(peers) {}

    /// A swarm that is being filled may have any peers and any size.
    /// Shape: `compact` as on the wire, in a swarm that is said to have `members`
    [[nodiscard]] Fault operator()(std::string_view compact, std::int64_t members,
                                   const Asked& asked);

    /// Members of the swarm that the last reply spoke of.
    [[nodiscard]] std::int64_t swarm_size() const noexcept { return swarm_size_; }

    /// The peers of the last good reply, in its order; none where any answer was right.
    [[nodiscard]] std::span<const std::uint32_t> named() const noexcept { return named_; }

private:
    [[nodiscard]] bool right_number(std::size_t number, const Asked& asked) const noexcept;

    Expectation expect_;
    std::vector<std::uint64_t> seen_;  // per peer: the last reply that named it
    std::vector<std::uint32_t> named_;
    std::uint64_t reply_ = 0;
    std::int64_t swarm_size_ = 0;
};

}  // namespace chihaya::bench
