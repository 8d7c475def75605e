#pragma once

/// @file private_loop.hpp
/// A loop for a thread that waits: it turns while somebody turns it.

#include "chihaya/host.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

struct pollfd;

namespace chihaya::redis {

/// Thread: `post`, `log` and `wake` from any, the rest from the one that turns it
class PrivateLoop final : public Host {
public:
    /// Lifetime: `log` outlives the loop
    /// Errors:   std::system_error when there are no more descriptors
    explicit PrivateLoop(Host& log);
    ~PrivateLoop();
    PrivateLoop(const PrivateLoop&) = delete;
    PrivateLoop& operator=(const PrivateLoop&) = delete;

    /// Reads the clock, waits up to `patience` for something to do, and does all that is due.
    void turn(std::chrono::milliseconds patience) noexcept;
    /// Ends the wait of a `turn`, or of the next one.
    void wake() noexcept;

    Time now() noexcept override { return now_; }
    void log(Severity severity, std::string_view text) noexcept override {
        log_.log(severity, text);
    }
    TimerId start_timer(std::chrono::milliseconds delay, Task task) noexcept override;
    void cancel_timer(TimerId timer) noexcept override { timers_.erase(timer); }
    WatchId watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept override;
    void change_watch(WatchId watch, Readiness interest) noexcept override;
    void unwatch(WatchId watch) noexcept override { watches_.erase(watch); }
    bool post(Task task) noexcept override;
    void forget(const void* subject) noexcept override;

private:
    struct Timer {
        Time due;
        Task task;
    };
    struct Watch {
        NativeSocket socket;
        Readiness interest;
        SocketTask task;
    };

    void read_clock() noexcept;
    void wait(std::chrono::milliseconds patience);
    [[nodiscard]] std::chrono::milliseconds until_first_timer() const noexcept;
    void run_sockets() noexcept;
    void run_timers() noexcept;
    void run_posted() noexcept;

    Host& log_;
    int wakeup_ = -1;
    Time now_{};
    std::uint64_t next_id_ = 1;
    std::map<TimerId, Timer> timers_;
    std::map<WatchId, Watch> watches_;
    std::vector<pollfd> polled_;  // the first is `wakeup_`
    std::vector<WatchId> polled_ids_;

    std::mutex mutex_;  // protects what follows
    std::deque<Task> posted_;
};

}  // namespace chihaya::redis
