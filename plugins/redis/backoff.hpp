#pragma once

/// @file backoff.hpp
/// How long to wait before the next attempt.

#include <algorithm>
#include <chrono>
#include <random>

namespace chihaya::redis {

/// Twice as long each time, up to a longest; a random half of it is left out, so that the many
/// that have lost the same server do not come back in the same moment.
class Backoff {
public:
    static constexpr std::chrono::milliseconds least{100};

    explicit Backoff(std::chrono::milliseconds most) : most_(most) {}

    [[nodiscard]] std::chrono::milliseconds next() {
        const auto delay = delay_;
        delay_ = std::min(2 * delay_, most_);
        return delay - std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(
                           0, delay.count() / 2)(random_));
    }

    /// It went well for a while.
    void reset() noexcept { delay_ = least; }

private:
    const std::chrono::milliseconds most_;
    std::chrono::milliseconds delay_ = least;
    std::minstd_rand random_{std::random_device()()};
};

}  // namespace chihaya::redis
