#pragma once

/// @file worker_loop.hpp
/// The event loop of one thread: an Asio io_context that is run in turns.
///
/// A turn runs what is ready, up to a bound, and then whatever asked to be run at its end: there
/// the batch that the turn has gathered is handed on. Time stands still within a turn.

#include "chihaya/host.hpp"
#include "core/base/clock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <vector>

namespace chihaya::net {

/// Thread: `run` and everything that happens in it on one thread; `stop` from any
class WorkerLoop {
public:
    using Executor = boost::asio::io_context::executor_type;

    /// Lifetime: `clock` outlives the loop
    explicit WorkerLoop(const Clock& clock);
    ~WorkerLoop() = default;
    WorkerLoop(const WorkerLoop&) = delete;
    WorkerLoop& operator=(const WorkerLoop&) = delete;

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// The time of this turn.
    [[nodiscard]] Time now() noexcept;

    /// From now on `task` runs at the end of every turn, in the order of asking.
    void at_turn_end(Task task);
    void forget_turn_end(const void* subject) noexcept;

    /// Runs `work` in a later turn. Thread: any
    void post(std::function<void()> work);

    /// Makes sure that another turn follows this one, though nothing may be ready.
    void ask_for_turn();

    /// Runs turns until `stop`.
    void run();

    /// One turn; waits for something to do if `wait`. For tests, and for the end of a loop.
    /// Cost: false when there was nothing to do
    bool turn(bool wait);

    /// Ends `run` after the present turn.
    void stop();

private:
    const Clock& clock_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<Executor> work_;
    std::vector<Task> turn_end_;
    Time now_{};
    bool now_is_fresh_ = false;
    bool stopping_ = false;
};

}  // namespace chihaya::net
