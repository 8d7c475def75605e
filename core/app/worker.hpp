#pragma once

/// @file worker.hpp
/// One thread that serves: a loop, a session, the tracker's logic, the front ends, counters.

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
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace chihaya::app {

/// What all workers share.
/// Lifetime: outlives them
struct Shared {
    const Clock& clock;
    Log& log;
    const logic::Policy& policy;
    const frontend::HttpSettings& http;
    const frontend::UdpSettings& udp;
    const logic::Roster& roster;
    const frontend::ColdWork& cold_work;
    TrackerDriver& tracker;
    BackendDriver& backend;
};

/// What a worker listens on.
struct WorkerSockets {
    std::vector<net::BoundSocket> http;
    std::vector<net::BoundSocket> udp;
};

/// Thread: members from the main thread
class Worker {
public:
    /// Nothing happens yet. `sockets` become the worker's.
    Worker(std::uint32_t number, const Shared& shared, WorkerSockets sockets);
    /// Stops at once, if that has not been done.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Starts the thread and waits until it serves.
    /// Errors: false when the driver gave no session (it has logged why)
    [[nodiscard]] bool start();

    /// Accepts no more; ends when everything asked has been answered, at `patience`'s end at the
    /// latest. Returns at once; `join` waits.
    void stop(std::chrono::milliseconds patience) noexcept;
    void join() noexcept;

    [[nodiscard]] const metrics::WorkerCounters& counters() const noexcept { return counters_; }

private:
    void serve(std::promise<bool>& started);
    void end_turn() noexcept;
    void stop_serving() noexcept;
    void wait_for_quiet() noexcept;

    const Shared& shared_;
    WorkerSockets sockets_;
    metrics::WorkerCounters counters_;
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
