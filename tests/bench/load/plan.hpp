#pragma once

/// @file plan.hpp
/// The requests of one phase, in order.

#include "tests/bench/load/options.hpp"
#include "tests/bench/load/population.hpp"

#include <cstdint>
#include <optional>

namespace chihaya::bench {

class Plan {
public:
    /// Every peer once, swarm after swarm, then the next peer of each: swarms grow side by side.
    static Plan fill(const Options& options) noexcept;

    /// Peers at random that come again, until so many have come or `stop` is called. Where there is
    /// a rate, `next` waits until it is time.
    static Plan measure(const Options& options) noexcept;

    [[nodiscard]] std::optional<Asked> next() noexcept;
    void stop() noexcept { at_ = end_; }

private:
    void wait_until_due() noexcept;
    [[nodiscard]] Asked choose(std::uint64_t i) const noexcept;

    Plan(const Options& options, bool fill, std::uint64_t end) noexcept
        : options_(options), fill_(fill), end_(end) {}

    const Options& options_;
    bool fill_;
    std::uint64_t at_ = 0;
    std::uint64_t began_ = 0;  // nanoseconds; 0: not yet
    std::uint64_t end_;
};

}  // namespace chihaya::bench
