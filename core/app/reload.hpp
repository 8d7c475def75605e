#pragma once

/// @file reload.hpp
/// The configuration changes while the tracker serves.
///
/// What may fail comes first, in an order that can be undone: the file is read, new addresses are
/// bound, the drivers are asked. Then it is published, which cannot fail. Connections and sockets
/// that stay are not touched.

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/app/control_loop.hpp"
#include "core/app/filling.hpp"
#include "core/app/settings.hpp"
#include "core/app/site_loader.hpp"
#include "core/app/site_view.hpp"
#include "core/app/workers.hpp"
#include "core/config/reader.hpp"
#include "core/frontend/full_scrape.hpp"
#include "core/logic/roster.hpp"
#include "core/management/reload.hpp"
#include "core/management/server.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::app {

/// Thread: one at a time, none of the workers', the control loop's or management's
class Reload {
public:
    /// Lifetime: everything outlives it
    struct Parts {
        Log& log;
        ControlLoop& control;
        InEffect& in_effect;  // changed by a reload alone
        TrackerDriver& tracker;
        BackendDriver& backend;
        logic::Roster& roster;
        SiteView& site_view;
        SiteLoader& site_loader;
        Filling& filling;
        frontend::FullScrape& full_scrape;
        const frontend::ColdWork& cold_work;
        Workers& workers;
        management::Server& management;
        /// Puts the tracker driver of a configuration in the place of the present one.
        /// Errors: why not; then it stays
        std::function<Result<void>(const config::Config&)> switch_driver;
        /// What the drivers are told of a configuration. Lifetime: that of the configuration
        std::function<TrackerSetup(const config::Config&)> tracker_setup;
        std::function<BackendSetup(const config::Config&)> backend_setup;
    };

    explicit Reload(Parts parts) : parts_(std::move(parts)) {}

    /// Makes `reading` what is in effect, as far as that is possible without a restart.
    [[nodiscard]] management::ReloadReport perform(const Result<config::Reading>& reading);

private:
    struct Attempt;

    void keep_for_backend_driver(Attempt& attempt) const;
    [[nodiscard]] static bool read_lists(Attempt& attempt);
    [[nodiscard]] bool bind(Attempt& attempt);
    [[nodiscard]] bool ask_tracker_driver(Attempt& attempt);
    [[nodiscard]] bool ask_backend_driver(Attempt& attempt);
    [[nodiscard]] Status reconfigure_tracker(const config::Config& config);
    void publish(Attempt& attempt);
    void publish_clients(Attempt& attempt);

    const Parts parts_;
};

}  // namespace chihaya::app
