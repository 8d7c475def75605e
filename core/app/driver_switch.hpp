#pragma once

/// @file driver_switch.hpp
/// Puts another tracker driver into the place of the one that serves: swarms and registry are
/// carried across while announces go on. The life of a switch is told in core/README.md.

#include "chihaya/tracker_driver.hpp"
#include "core/app/control_loop.hpp"
#include "core/app/filling.hpp"
#include "core/app/tracker_slot.hpp"
#include "core/app/workers.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/logic/roster.hpp"
#include "core/plugin/loader.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace chihaya::app {

/// What a switch has come to.
struct Switched {
    std::size_t swarms = 0;   // carried by the first pass
    std::uint64_t peers = 0;  // a peer once for each time it was carried
    unsigned passes = 0;
    std::chrono::milliseconds took{0};
    std::chrono::microseconds held{0};  // for so long no announce was handed to a driver
};

/// Thread: `to` from one that may block for as long as the swarms take, neither the control loop's
///         nor a worker's; `end` from any
class DriverSwitch {
public:
    /// Lifetime: everything outlives it
    struct Parts {
        const Clock& clock;
        Log& log;
        ControlLoop& control;
        TrackerSlot& slot;
        logic::Roster& roster;
        Filling& filling;
        Workers& workers;
        ExpirySink& farewells;
    };

    explicit DriverSwitch(const Parts& parts) : parts_(parts) {}
    ~DriverSwitch() = default;
    DriverSwitch(const DriverSwitch&) = delete;
    DriverSwitch& operator=(const DriverSwitch&) = delete;

    /// Makes a driver of `library` and changes over to it. `setup` is what the driver would be made
    /// with at a start; `restore` is taken as false, and where `expiry` is set the driver is given
    /// its own door to `farewells`.
    /// Lifetime: `setup` and what it points to, until this returns (`registry`: the driver's)
    /// Errors:   why not, for the operator; then the tracker goes on as it was
    [[nodiscard]] Result<Switched> to(const plugin::Library& library, const TrackerSetup& setup);

    /// A `to` that runs gives up soon, and so do all later ones; returns when it has. To be called
    /// before the workers are stopped.
    void end() noexcept;

private:
    const Parts parts_;
    std::mutex mutex_;  // one at a time
    std::atomic<bool> ends_{false};
};

}  // namespace chihaya::app
