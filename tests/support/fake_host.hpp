#pragma once

/// @file fake_host.hpp
/// The host as tests have it: time stands still until they move it.

#include "chihaya/host.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace chihaya::test {

/// The time of one tracker: what the clocks of all its loops agree on.
/// Thread: any
class FakeClock {
public:
    [[nodiscard]] Time now() const noexcept {
        return Time(std::chrono::milliseconds(milliseconds_.load()));
    }
    void advance(std::chrono::milliseconds time) noexcept { milliseconds_ += time.count(); }

private:
    std::atomic<std::int64_t> milliseconds_{1'700'000'000'000};
};

/// A Host whose clock moves only when the test says so. Sockets are real.
/// Thread:   as Host says; one FakeHost per thread
/// Lifetime: the clock outlives it
class FakeHost final : public Host {
public:
    explicit FakeHost(FakeClock& clock) : clock_(clock), now_(clock.now()) {}

    Time now() noexcept override { return now_; }
    void log(Severity severity, std::string_view text) noexcept override;
    TimerId start_timer(std::chrono::milliseconds delay, Task task) noexcept override;
    void cancel_timer(TimerId timer) noexcept override;
    WatchId watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept override;
    void change_watch(WatchId watch, Readiness interest) noexcept override;
    void unwatch(WatchId watch) noexcept override;
    bool post(Task task) noexcept override;
    void forget(const void* subject) noexcept override;

    /// One turn of the loop: reads the clock, then runs posted tasks, due timers and ready sockets
    /// (waits `patience` for one). Returns: was a socket ready?
    bool turn(std::chrono::milliseconds patience = std::chrono::milliseconds(0));

    /// Moves the clock second by second, with a turn after each.
    void let_pass(std::chrono::seconds time);

    /// What has been logged, without the severities.
    [[nodiscard]] std::vector<std::string> lines() const;

    /// How many lines of `severity` have been logged.
    [[nodiscard]] std::size_t lines_of(Severity severity) const;

    /// Nothing is left of any subject: what every destructor owes.
    [[nodiscard]] bool idle() const;

private:
    struct Timer {
        Time due{};
        Task task;
    };
    struct Watch {
        NativeSocket socket = -1;
        Readiness interest = Readiness::none;
        SocketTask task;
    };
    struct Line {
        Severity severity = Severity::debug;
        std::string text;
    };

    void run_posted();
    void run_due_timers();
    bool run_ready_sockets(std::chrono::milliseconds patience);

    FakeClock& clock_;
    Time now_;
    std::uint64_t next_id_ = 1;
    std::map<TimerId, Timer> timers_;
    std::map<WatchId, Watch> watches_;

    mutable std::mutex mutex_;  // protects what follows
    std::vector<Task> posted_;
    std::vector<Line> lines_;
};

}  // namespace chihaya::test
