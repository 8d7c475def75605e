#pragma once

/// @file workers.hpp
/// All workers of the process.

#include "core/app/listeners.hpp"
#include "core/app/worker.hpp"
#include "core/metrics/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace chihaya::app {

/// Thread: one at a time, where nothing else is said
class Workers {
public:
    /// Lifetime: `shared` outlives the workers
    explicit Workers(const Shared& shared) : shared_(shared) {}

    /// Makes `count` workers with their sockets; nothing happens yet.
    void make(std::uint32_t count, Listeners http, Listeners udp);

    /// Starts them all.
    /// Errors: false when the driver gave one of them no session
    [[nodiscard]] bool start();

    /// Accepts no more, and waits until everything asked has been answered, for `patience` at most.
    void stop(std::chrono::milliseconds patience) noexcept;

    /// Shows the counters of each.
    void show_counters(const std::function<void(const metrics::WorkerCounters&)>& to) const;

    /// Those of all together. Thread: any, once they are made
    [[nodiscard]] metrics::Snapshot counters() const;

private:
    const Shared& shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace chihaya::app
