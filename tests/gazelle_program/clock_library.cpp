// Loaded before the C library by programs under a ShiftedClock: their clocks are ahead by what the
// file says that CHIHAYA_CLOCK_SHIFTS names.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Shifts = std::array<std::atomic<std::int64_t>, 2>;  // wall, steady

const Shifts* mapped() noexcept {
    const char* const name = std::getenv("CHIHAYA_CLOCK_SHIFTS");
    const int file = name == nullptr ? -1 : ::open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return nullptr;
    }
    const void* const place = ::mmap(nullptr, sizeof(Shifts), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return place == MAP_FAILED ? nullptr : static_cast<const Shifts*>(place);
}

std::int64_t shift_of(clockid_t clock) noexcept {
    static const Shifts* const shifts = mapped();
    const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (shifts == nullptr || (!is_wall && clock != CLOCK_MONOTONIC)) {
        return 0;
    }
    return (*shifts)[is_wall ? 0 : 1].load(std::memory_order_relaxed);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (result == 0) {
        time->tv_sec += shift_of(clock);
    }
    return result;
}

extern "C" int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                      clockid_t clock, const timespec* until) {
    static const auto real = reinterpret_cast<decltype(&pthread_cond_clockwait)>(
        ::dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
    timespec machine_time = *until;
    machine_time.tv_sec -= shift_of(clock);
    return real(condition, mutex, clock, &machine_time);
}
