#pragma once

/// @file shifted_clock.hpp
/// Time as a test makes it pass for the programs that it starts.

#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace chihaya::test {

/// While it lives, programs that this process starts are told another time than the machine's, as
/// long as they run. What they wait for takes as long as ever.
/// Thread: one; no two of them at a time
class ShiftedClock {
public:
    /// Errors: std::runtime_error when its file cannot be written
    ShiftedClock();
    ~ShiftedClock();
    ShiftedClock(const ShiftedClock&) = delete;
    ShiftedClock& operator=(const ShiftedClock&) = delete;

    /// So much time has passed at once.
    void pass(std::chrono::seconds time);
    /// Somebody has set the wall clock ahead, or back; no time has passed.
    void set_wall_clock(std::chrono::seconds ahead);

private:
    void write() const;

    TempDir dir_;
    std::array<std::int64_t, 2> shifts_{};  // of the wall clock, of the steady one; seconds
};

}  // namespace chihaya::test
