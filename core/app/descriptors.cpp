#include "core/app/descriptors.hpp"

#include "core/base/limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string>

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

std::uint64_t possible_connections(const config::Config& config, std::uint32_t workers, Log& log,
                                   bool tells) {
    constexpr std::uint64_t families = 2;
    const std::uint64_t asked = config.http.max_connections;
    const std::uint64_t limit = raise_descriptor_limit();
    const std::uint64_t possible = client_descriptors(
        limit, workers, families * (config.http.addr.size() + config.udp.addr.size()));
    if (limit == 0 || config.http.addr.empty() || possible >= asked) {
        return asked;
    }
    // Nobody has asked for the default: then it is as good as what there is.
    const bool is_asked = asked != config::Http{}.max_connections;
    if (tells) {
        log.write(is_asked ? Severity::warning : Severity::info, "service",
                  "http.max_connections: found " + std::to_string(asked) + ", accepted are " +
                      std::to_string(possible) + " while this process may open " +
                      std::to_string(limit) +
                      " files; lower it, or raise the limit (ulimit -n, LimitNOFILE=)");
    }
    return possible;
}

}  // namespace chihaya::app
