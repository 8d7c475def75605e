#pragma once

/// @file loop_host.hpp
/// The Host that a worker's loop, or the control loop, lends to plugins.

#include "chihaya/host.hpp"
#include "core/base/log.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace chihaya::net {

/// Thread: as `Host` says; constructed and destroyed while the loop does not run, or on its thread
class LoopHost final : public Host {
public:
    /// `area` begins this host's log lines, e.g. "plugin memory worker 1".
    /// Lifetime: loop and log outlive the host
    LoopHost(WorkerLoop& loop, Log& log, std::string area);
    ~LoopHost();
    LoopHost(const LoopHost&) = delete;
    LoopHost& operator=(const LoopHost&) = delete;

    Time now() noexcept override { return loop_.now(); }
    void log(Severity severity, std::string_view text) noexcept override;
    TimerId start_timer(std::chrono::milliseconds delay, Task task) noexcept override;
    void cancel_timer(TimerId timer) noexcept override;
    WatchId watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept override;
    void change_watch(WatchId watch, Readiness interest) noexcept override;
    void unwatch(WatchId watch) noexcept override;
    bool post(Task task) noexcept override;
    void forget(const void* subject) noexcept override;

    /// Nothing is left of any subject: what every plugin owes when it is released.
    [[nodiscard]] bool idle() const noexcept;

private:
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          WorkerLoop::Executor>;
    struct PendingTimer {
        Timer timer;
        Task task;
    };
    /// A watched socket. The descriptor is borrowed: it is released, never closed.
    struct Watched;

    void timer_fired(TimerId id) noexcept;
    void arm(WatchId id, Watched& watched);
    void ready(WatchId id) noexcept;
    void run_posted() noexcept;

    WorkerLoop& loop_;
    Log& log_;
    const std::string area_;
    std::uint64_t next_id_ = 1;
    std::unordered_map<std::uint64_t, std::unique_ptr<PendingTimer>> timers_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Watched>> watches_;

    mutable std::mutex mutex_;  // protects what follows: `post` and `log` come from any thread
    std::deque<Task> posted_;
    bool run_is_posted_ = false;
    LineLimit lines_;

    // Handlers of a finished host find out here that it is gone.
    std::shared_ptr<bool> alive_;
};

}  // namespace chihaya::net
