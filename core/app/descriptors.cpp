#include "core/app/descriptors.hpp"

#include "core/base/limits.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace chihaya::app {

std::uint64_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{limit.rlim_max, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return limit.rlim_cur;
}

std::uint64_t client_descriptors(std::uint64_t limit, std::uint32_t workers,
                                 std::uint64_t sockets) noexcept {
    constexpr std::uint64_t management =
        limits::management_threads_max + limits::management_queue_max;
    const std::uint64_t others = limits::descriptors_of_process + management +
                                 workers * (limits::descriptors_of_worker + sockets);
    return std::max<std::uint64_t>(limit > others ? limit - others : 0, workers);
}

}  // namespace chihaya::app
