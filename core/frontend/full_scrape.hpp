#pragma once

/// @file full_scrape.hpp
/// The answer to a scrape that names no info-hash: every swarm there is. Made on a thread that may
/// take its time, once a minute at most, and shared by all who ask; whoever asks first is told to
/// come back.

#include "chihaya/tracker_driver.hpp"
#include "core/base/guarded.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace chihaya::frontend {

/// Thread: any worker's
class FullScrape {
public:
    /// Runs work on a thread that may block, some time later.
    using RunCold = std::function<void(std::function<void()>)>;

    /// Lifetime: the driver outlives everything given to `run_cold`
    FullScrape(TrackerDriver& tracker, RunCold run_cold, std::uint32_t min_request_interval)
        : tracker_(tracker),
          run_cold_(std::move(run_cold)),
          min_request_interval_(min_request_interval) {}

    /// From now on a new body says so.
    void set_min_request_interval(std::uint32_t seconds) noexcept {
        min_request_interval_.store(seconds, std::memory_order_relaxed);
    }

    /// The bencoded reply as it was at most `full_scrape_age` ago, or before that while a new one
    /// is being made; null when there has been none yet, or memory is short.
    [[nodiscard]] std::shared_ptr<const std::string> body() noexcept;

private:
    struct State {
        std::shared_ptr<const std::string> body;
        std::chrono::steady_clock::time_point made{};
        bool being_made = false;
    };

    void make() noexcept;

    TrackerDriver& tracker_;
    const RunCold run_cold_;
    std::atomic<std::uint32_t> min_request_interval_;
    Guarded<State> state_;
};

}  // namespace chihaya::frontend
