#pragma once

/// @file selection.hpp
/// How evenly a tracker hands out the peers of one swarm, and how different its replies are.

#include "tests/bench/load/population.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace chihaya::bench {

class SelectionTally {
public:
    /// `self` says that the tracker may hand the announcer to itself.
    SelectionTally(std::uint32_t peers, bool self);

    void note(const Asked& asked, std::span<const std::uint32_t> named);

    /// How often each peer came, against what uniform draws without replacement give.
    /// Shape: divided by 1 - (mean reply / peers), because a reply names nobody twice; with
    /// independent draws it then follows a chi-square distribution with peers - 1 degrees
    [[nodiscard]] double chi_square() const;

    /// Peers that somebody might have been given, but nobody was.
    [[nodiscard]] std::size_t never_given() const noexcept;

    /// Members for a JSON object, each with a comma before it.
    [[nodiscard]] std::string json() const;

private:
    [[nodiscard]] double offered() const noexcept;
    [[nodiscard]] double mean_reply() const noexcept;
    [[nodiscard]] std::uint64_t draws(std::size_t peer) const noexcept;

    bool self_;
    std::uint64_t replies_ = 0;
    std::uint64_t named_ = 0;                       // in all replies
    std::vector<std::uint64_t> given_;              // per peer: how often it was named
    std::vector<std::uint64_t> own_;                // per peer: named in its own replies
    std::vector<std::vector<std::uint32_t>> last_;  // per peer: the last reply it got
    std::vector<std::uint64_t> mark_;               // per peer: the last reply looked at with it
    std::uint64_t pairs_ = 0;                       // of consecutive replies to one peer
    std::uint64_t common_ = 0;                      // peers in both, over all pairs
    std::uint64_t common_max_ = 0;
    double common_expected_ = 0;
};

}  // namespace chihaya::bench
