#pragma once

/// @file filling.hpp
/// How the roster comes to hold what the tracker driver has kept: at start, when its service comes
/// back, and after a lapse. What the site says is `SiteLoader`'s.

#include "chihaya/tracker_driver.hpp"
#include "core/app/control_loop.hpp"
#include "core/app/site_loader.hpp"
#include "core/base/log.hpp"
#include "core/logic/roster.hpp"

#include <utility>
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
        Log& log;
    };

    /// `clients` are those of the configuration.
    Filling(const Parts& parts, std::vector<ClientRecord> clients)
        : parts_(parts), clients_(std::move(clients)) {}
    ~Filling() = default;
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

    /// First what the tracker driver has kept and what other nodes change, then the clients of the
    /// configuration that are not there yet; then the site may be compared with it. A driver whose
    /// service is away is asked again until it is there. Returns: how far it has come; unavailable
    /// when it goes on
    [[nodiscard]] Status begin() noexcept;

    /// The configuration approves other clients: they are put now, or when the driver is there.
    [[nodiscard]] Status adopt(std::vector<ClientRecord> clients) noexcept;

    /// After a lapse. What is not filled is loaded in any case.
    void reload() noexcept;

    /// The driver and the roster are not used any more.
    void end() noexcept;

private:
    void fill() noexcept;
    [[nodiscard]] Status put_clients() noexcept;
    [[nodiscard]] Status load_shared_copy() noexcept;

    const Parts parts_;
    std::vector<ClientRecord> clients_;
    bool is_filled_ = false;
    bool has_ended_ = false;
    Status filled_;  // how far the roster has come
    Status told_;    // the last load, as the log has it
};

}  // namespace chihaya::app
