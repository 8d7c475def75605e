#include "tests/gazelle_program/shifted_clock.hpp"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace chihaya::test {

ShiftedClock::ShiftedClock() {
    shift(std::chrono::seconds(0));
    ::setenv("CHIHAYA_CLOCK_SHIFT", (dir_ / "shift").c_str(), 1);
    ::setenv("LD_PRELOAD", CHIHAYA_CLOCK_LIBRARY, 1);
    ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

ShiftedClock::~ShiftedClock() {
    ::unsetenv("CHIHAYA_CLOCK_SHIFT");
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("ASAN_OPTIONS");
}

void ShiftedClock::shift(std::chrono::seconds by) const {
    const std::int64_t seconds = by.count();
    std::ofstream file(dir_ / "shift", std::ios::binary | std::ios::in | std::ios::out);
    if (!file.is_open()) {
        file.open(dir_ / "shift", std::ios::binary);
    }
    file.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
    if (!file.flush()) {
        throw std::runtime_error("cannot write the clock's shift");
    }
}

}  // namespace chihaya::test
