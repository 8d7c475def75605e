#pragma once

/// @file backend_slot.hpp
/// The place of the backend driver in the process. Whoever talks to it talks to the slot: where
/// another process takes over, the driver has to go before the tracker does, and comes back when
/// nothing comes of it.

#include "chihaya/backend_driver.hpp"
#include "core/plugin/loader.hpp"

#include <atomic>
#include <shared_mutex>

namespace chihaya::app {

/// Empty, it says unavailable, and what is recorded is lost: nobody may announce then.
/// Thread: as `BackendDriver` says
class BackendSlot final : public BackendDriver {
public:
    BackendSlot() = default;
    BackendSlot(const BackendSlot&) = delete;
    BackendSlot& operator=(const BackendSlot&) = delete;
    ~BackendSlot() = default;

    /// Thread: the control loop's, while no worker announces, as `empty`
    void fill(plugin::BackendDriverPtr driver) noexcept;
    /// Waits for whoever uses it, and gives it back.
    void empty() noexcept;

    Status load(RegistrySink& sink) noexcept override;
    void record(std::span<const AnnounceDelta> deltas) noexcept override;
    void rules(SiteRules& rules) noexcept override;
    bool has_control() noexcept override;
    void control(const ControlRequest& request, ControlSink& sink) noexcept override;
    Status flush(std::chrono::milliseconds deadline) noexcept override;
    Status reconfigure(const BackendSetup& setup) noexcept override;
    Status health() noexcept override;
    void report(MetricSink& sink) noexcept override;
    void release() noexcept override { empty(); }

private:
    std::shared_mutex in_use_;  // shared while a member that may wait runs
    std::atomic<BackendDriver*> present_{nullptr};
    plugin::BackendDriverPtr driver_;
};

}  // namespace chihaya::app
