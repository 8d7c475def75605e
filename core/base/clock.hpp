#pragma once

/// @file clock.hpp
/// The one clock of the process: Unix time, read from the system once and carried on by a steady
/// clock, so that peer ages survive a step of the system's clock.

#include "chihaya/types.hpp"

#include <chrono>

namespace chihaya {

/// Thread: any; immutable
class Clock {
public:
    Clock() noexcept
        : wall_(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())),
          steady_(std::chrono::steady_clock::now()) {}

    /// Never goes back, never jumps. Cost: one read of the steady clock (about 25 ns)
    [[nodiscard]] Time now() const noexcept {
        return wall_ + std::chrono::floor<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - steady_);
    }

private:
    Time wall_;
    std::chrono::steady_clock::time_point steady_;
};

}  // namespace chihaya
