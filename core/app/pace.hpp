#pragma once

/// @file pace.hpp
/// How fast workers go on while swarms are carried away from their driver: where they change more
/// than can be carried, the carrying would have no end.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace chihaya::app {

/// How many announces a second each worker may hand to the driver.
/// Thread: any
class Pace {
public:
    /// 0: as many as come.
    void set(std::uint64_t each_second) noexcept { each_second_ = each_second; }
    [[nodiscard]] std::uint64_t each_second() const noexcept { return each_second_; }

private:
    std::atomic<std::uint64_t> each_second_{0};
};

/// Keeps one worker to the pace. Thread: the worker's
class PaceKeeper {
public:
    using Steady = std::chrono::steady_clock;

    /// Lifetime: `pace` outlives it
    PaceKeeper(const Pace& pace, std::uint64_t announces, Steady::time_point now) noexcept
        : pace_(pace), announces_(announces), at_(now) {}

    /// So many announces have been handed on by now, ever. Returns: how long to wait before the
    /// next; 0: not at all
    /// Limits: `limits::carry_pause_max`; what has gone out beyond is forgiven
    [[nodiscard]] std::chrono::milliseconds pause(std::uint64_t announces,
                                                  Steady::time_point now) noexcept;

private:
    const Pace& pace_;
    std::uint64_t announces_;
    Steady::time_point at_;
    double credit_ = 0;  // announces that may go out at once; less than none: too many have
};

}  // namespace chihaya::app
