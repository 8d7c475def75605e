#pragma once

/// @file filling.hpp
/// How the roster comes to hold what the tracker driver has kept: at start, when its service comes
/// back, and after a lapse. What the site says is `SiteLoader`'s.

#include "chihaya/tracker_driver.hpp"
#include "core/app/control_loop.hpp"
#include "core/app/site_loader.hpp"
#include "core/base/log.hpp"
#include "core/logic/roster.hpp"

#include <vector>

namespace chihaya::app {

/// Thread: the control loop's, where nothing else is said
class Filling {
public:
    /// Lifetime: everything outlives it
    struct Parts {
        ControlLoop& control;
        TrackerDriver& tracker;
        logic::Roster& roster;
        SiteLoader& site_loader;
        const std::vector<ClientRecord>& clients;  // those of the configuration
        Log& log;
    };

    explicit Filling(const Parts& parts) : parts_(parts) {}
    ~Filling() = default;
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

    /// First what the tracker driver has kept and what other nodes change, then the clients of the
    /// configuration; then the site may be compared with it. A driver whose service is away is
    /// asked again until it is there.
    /// Returns: how far it has come; unavailable when it goes on
    [[nodiscard]] Status begin() noexcept;

    /// After a lapse. What is not filled is loaded in any case.
    void reload() noexcept;

    /// The driver and the roster are not used any more.
    void end() noexcept;

private:
    void fill() noexcept;
    [[nodiscard]] Status load_shared_copy() noexcept;

    const Parts parts_;
    bool is_filled_ = false;
    bool has_ended_ = false;
    Status filled_;  // how far the roster has come
    Status told_;    // the last load, as the log has it
};

}  // namespace chihaya::app
