#pragma once

/// @file clock.hpp
/// The time that latencies and deadlines are counted in.

#include <chrono>
#include <cstdint>

namespace chihaya::bench {

/// Units: nanoseconds since an arbitrary moment
[[nodiscard]] inline std::uint64_t nanoseconds() noexcept {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                      std::chrono::nanoseconds(1));
}

}  // namespace chihaya::bench
