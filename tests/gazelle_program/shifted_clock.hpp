#pragma once

/// @file shifted_clock.hpp
/// A clock that a test sets for the programs it starts.

#include "tests/support/temp_dir.hpp"

#include <chrono>

namespace chihaya::test {

/// While it lives, programs that this process starts have a wall clock that is `shift` ahead of the
/// machine's, also after they were started. What measures durations is not touched.
/// Thread: one; no two of them at a time
class ShiftedClock {
public:
    /// Errors: std::runtime_error when its file cannot be written
    ShiftedClock();
    ~ShiftedClock();
    ShiftedClock(const ShiftedClock&) = delete;
    ShiftedClock& operator=(const ShiftedClock&) = delete;

    /// From now on it is so far ahead, or behind.
    void shift(std::chrono::seconds by) const;

private:
    TempDir dir_;
};

}  // namespace chihaya::test
