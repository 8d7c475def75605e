#pragma once

/// @file interval.hpp
/// When a client should come back. A random share is added or taken off, so that a restart does not
/// synchronise all clients of the world for ever.

#include "core/logic/policy.hpp"
#include "core/logic/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace chihaya::logic {

/// `interval` of one reply: never below one second, nor below `min interval`.
class Intervals {
public:
    explicit Intervals(const Policy& policy) noexcept
        : interval_(
              std::max<std::uint32_t>(1, static_cast<std::uint32_t>(policy.interval.count()))),
          min_interval_(static_cast<std::uint32_t>(policy.min_interval.count())) {
        const auto spread = static_cast<std::uint32_t>(
            std::lround(std::clamp(policy.interval_jitter, 0.0, 0.5) * interval_));
        least_ = std::max({1U, min_interval_, interval_ - spread});
        choices_ = std::max(least_, interval_ + spread) - least_ + 1;
    }

    [[nodiscard]] std::uint32_t next(Random& random) const noexcept {
        return choices_ == 1 ? least_ : least_ + random.below(choices_);
    }
    [[nodiscard]] std::uint32_t interval() const noexcept { return interval_; }
    [[nodiscard]] std::uint32_t min_interval() const noexcept { return min_interval_; }

private:
    std::uint32_t interval_;
    std::uint32_t min_interval_;
    std::uint32_t least_ = 1;
    std::uint32_t choices_ = 1;
};

}  // namespace chihaya::logic
