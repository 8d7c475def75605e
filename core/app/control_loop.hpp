#pragma once

/// @file control_loop.hpp
/// The loop for everything slow: drivers are made and given back on it, and may use its Host.

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/net/loop_host.hpp"
#include "core/net/worker_loop.hpp"

#include <functional>
#include <string>
#include <thread>

namespace chihaya::app {

/// Thread: `start`, `run_on` and `stop` from the main thread
class ControlLoop {
public:
    /// Lifetime: clock and log outlive the loop
    ControlLoop(const Clock& clock, Log& log);
    ~ControlLoop();
    ControlLoop(const ControlLoop&) = delete;
    ControlLoop& operator=(const ControlLoop&) = delete;

    void start();

    /// Runs `work` on the loop's thread and waits for it. What it throws is thrown here.
    void run_on(const std::function<void()>& work);

    /// Runs `work` on the loop's thread, some time later. Thread: any
    void post(std::function<void()> work);

    /// Ends the thread. Harmless when not started.
    void stop() noexcept;

    [[nodiscard]] net::LoopHost& tracker_host() noexcept { return tracker_host_; }
    [[nodiscard]] net::LoopHost& backend_host() noexcept { return backend_host_; }

private:
    net::WorkerLoop loop_;
    net::LoopHost tracker_host_;
    net::LoopHost backend_host_;
    std::thread thread_;
};

}  // namespace chihaya::app
