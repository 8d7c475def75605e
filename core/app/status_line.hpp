#pragma once

/// @file status_line.hpp
/// What the tracker does, in one line for a service manager's status page.

#include "chihaya/tracker_driver.hpp"
#include "core/metrics/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace chihaya::app {

/// Thread: one at a time, never a worker's
class StatusLine {
public:
    /// Lifetime: all that is passed outlives it
    StatusLine(TrackerDriver& tracker, std::function<metrics::Snapshot()> counters);

    /// "12345 peers in 678 swarms, 912 announces/s": the rate since it was asked last.
    [[nodiscard]] std::string text();

private:
    TrackerDriver& tracker_;
    std::function<metrics::Snapshot()> counters_;
    std::uint64_t announces_ = 0;
    std::chrono::steady_clock::time_point asked_{};
};

}  // namespace chihaya::app
