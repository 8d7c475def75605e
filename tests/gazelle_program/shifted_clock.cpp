#include "tests/gazelle_program/shifted_clock.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace chihaya::test {

ShiftedClock::ShiftedClock() {
    std::ofstream(dir_ / "shifts").close();
    write();
    ::setenv("CHIHAYA_CLOCK_SHIFTS", (dir_ / "shifts").c_str(), 1);
    ::setenv("LD_PRELOAD", CHIHAYA_CLOCK_LIBRARY, 1);
    ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

ShiftedClock::~ShiftedClock() {
    ::unsetenv("CHIHAYA_CLOCK_SHIFTS");
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("ASAN_OPTIONS");
}

void ShiftedClock::pass(std::chrono::seconds time) {
    shifts_[0] += time.count();
    shifts_[1] += time.count();
    write();
}

void ShiftedClock::set_wall_clock(std::chrono::seconds ahead) {
    shifts_[0] += ahead.count();
    write();
}

/// In place: programs have the file mapped.
void ShiftedClock::write() const {
    std::fstream file(dir_ / "shifts", std::ios::binary | std::ios::in | std::ios::out);
    file.write(reinterpret_cast<const char*>(shifts_.data()), sizeof(shifts_));
    if (!file.flush()) {
        throw std::runtime_error("cannot write the clock's shifts");
    }
}

}  // namespace chihaya::test
