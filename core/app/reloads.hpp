#pragma once

/// @file reloads.hpp
/// The thread on which the configuration is reloaded, one time after the other, and what that was
/// like.

#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "core/management/reload.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace chihaya::app {

/// Since the process started.
struct ReloadNumbers {
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
    std::optional<std::chrono::sys_seconds> last;  // that was done
    bool last_was_done = true;                     // of those of either kind
};

/// Requests that come while one waits are one. Between reloads the thread looks after what they
/// have left to end.
/// Thread: `start` and `stop` from the main thread, the rest from any but its own
class Reloads {
public:
    using Moment = std::chrono::steady_clock::time_point;
    struct Work {
        std::function<management::ReloadReport()> reload;
        /// Ends what has come to its end; says when to call it again.
        std::function<std::optional<Moment>(Moment now)> tend;
        /// A reload begins (true) or has ended. May be null
        std::function<void(bool begins)> on_change;
    };

    explicit Reloads(Log& log) : log_(log) {}
    ~Reloads() { stop(); }
    Reloads(const Reloads&) = delete;
    Reloads& operator=(const Reloads&) = delete;

    /// Before this, nothing is reloaded. Lifetime: what is used by `work`, until `stop`
    void start(Work work);

    /// Reloads, soon. Of no effect after `stop`.
    void request() noexcept;

    /// Reloads, and returns when that is done; before `start`, that comes first.
    [[nodiscard]] management::ReloadReport perform();

    /// Ends the thread, after the reload that runs. Harmless when not started.
    void stop() noexcept;

    [[nodiscard]] ReloadNumbers numbers() noexcept;

private:
    using Waiter = std::promise<management::ReloadReport>;

    void run() noexcept;
    void turn_away() noexcept;
    void reload(std::vector<Waiter> waiters);
    void tell(const management::ReloadReport& report);

    Log& log_;
    Work work_;
    Guarded<ReloadNumbers> numbers_;

    std::mutex mutex_;  // protects what follows
    std::condition_variable news_;
    bool runs_ = false;
    bool is_over_ = false;
    bool is_requested_ = false;
    std::vector<Waiter> waiters_;
    std::thread thread_;
};

}  // namespace chihaya::app
