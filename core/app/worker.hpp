#pragma once

/// @file worker.hpp
/// One thread that serves: a loop, a session, the tracker's logic, the front ends, counters.

#include "core/app/listeners.hpp"
#include "core/app/session_change.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/frontend/http_frontend.hpp"
#include "core/frontend/http_settings.hpp"
#include "core/frontend/udp_frontend.hpp"
#include "core/frontend/udp_settings.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/tracker.hpp"
#include "core/metrics/counters.hpp"
#include "core/net/loop_host.hpp"
#include "core/net/worker_loop.hpp"
#include "core/plugin/loader.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace chihaya::app {

/// What all workers share.
/// Lifetime: outlives them
struct Shared {
    const Clock& clock;
    Log& log;
    const logic::Roster& roster;
    TrackerDriver& tracker;
    BackendDriver& backend;
};

/// What a worker goes by: the same for all of them. A reload brings new ones.
struct WorkerSettings {
    logic::Policy policy;
    frontend::HttpSettings http;
    frontend::UdpSettings udp;
    frontend::ColdWork cold_work;
};

/// What a serving worker is to do differently.
struct WorkerChange {
    std::shared_ptr<const WorkerSettings> settings;  // null: they stay
    Sockets http;                                    // it listens there as well
    Sockets udp;
    std::vector<net::Place> resumed_http;   // as before they were drained
    std::vector<net::Place> drained_http;   // nobody new may begin there
    std::vector<net::Place> finished_http;  // what waits is served, then it is closed
    std::vector<net::Place> finished_udp;
    std::optional<std::uint32_t> steer_to;  // of the sockets of each place, the first so many
    std::optional<bool> leaves;             // its connections end with their next reply
    bool rests = false;                     // it serves nobody until its front ends are woken
};

/// Thread: members from one thread at a time that is not the worker's
class Worker {
public:
    /// Nothing happens yet.
    /// Lifetime: shared and counters outlive the worker; the counters are its own meanwhile
    Worker(std::uint32_t number, const Shared& shared, metrics::WorkerCounters& counters);
    /// Stops at once, if that has not been done.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Starts the thread and waits until it serves, as `settings` and `first` say.
    /// Errors: false when the driver gave no session (it has logged why)
    [[nodiscard]] bool start(std::shared_ptr<const WorkerSettings> settings, WorkerChange first);

    /// Changes what it does, between two turns, and returns when that is done.
    void adopt(WorkerChange change);

    /// Has `work` done with the front ends, in a later turn; between `start` and `stop`.
    /// Thread: any
    using FrontEndWork = std::function<void(frontend::HttpFrontend&, frontend::UdpFrontend&)>;
    void with_front_ends(FrontEndWork work);

    /// Runs `work` on the worker's thread, in a later turn; not any more once it has ended.
    /// Thread: any
    void post(std::function<void()> work) { loop_.post(std::move(work)); }

    [[nodiscard]] std::string name() const { return "worker " + std::to_string(number_); }

    /// Has it any connections?
    [[nodiscard]] bool has_connections();

    /// Accepts no more; ends when everything asked has been answered, at `patience`'s end at the
    /// latest. Returns at once; `join` waits.
    void stop(std::chrono::milliseconds patience) noexcept;
    void join() noexcept;

    /// Has the worker do its part in a change of the tracker driver, some time later; between
    /// `start` and `stop`. Thread: any
    void change_session(std::function<void(SessionChange&)> part);

    [[nodiscard]] const metrics::WorkerCounters& counters() const noexcept { return counters_; }

private:
    void serve(std::promise<bool>& started, WorkerChange& first);
    void make(WorkerChange& change);
    void run_on(const std::function<void()>& work);
    void end_turn() noexcept;
    void stop_serving() noexcept;
    void wait_for_quiet() noexcept;

    const std::uint32_t number_;
    const Shared& shared_;
    metrics::WorkerCounters& counters_;
    net::WorkerLoop loop_;
    net::LoopHost host_;
    std::thread thread_;

    // Made, used and given back on the worker's thread.
    struct Serving;
    Serving* serving_ = nullptr;
    std::chrono::milliseconds patience_{0};
    std::chrono::steady_clock::time_point patience_ends_{};
};

}  // namespace chihaya::app
