#pragma once

/// @file service.hpp
/// The whole tracker, put together by hand: start here to see who owns whom and in which order
/// things come and go.

#include "core/app/control_loop.hpp"
#include "core/app/control_threads.hpp"
#include "core/app/filling.hpp"
#include "core/app/listeners.hpp"
#include "core/app/site_loader.hpp"
#include "core/app/site_view.hpp"
#include "core/app/workers.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/config/config.hpp"
#include "core/logic/farewells.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/roster_source.hpp"
#include "core/management/server.hpp"
#include "core/plugin/catalog.hpp"

#include <optional>
#include <span>
#include <vector>

namespace chihaya::app {

/// Thread: the main thread
class Service {
public:
    /// Lifetime: config and log outlive the service
    Service(const config::Config& config, Log& log);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Loads the plugins that the configuration names and makes their drivers. `restores`: with what
    /// they have saved.
    /// Errors: StartupError, in the words of whoever refused
    void load(bool restores = true);

    /// Binds, fills the roster, and serves.
    /// Errors: StartupError; an address that cannot be bound is BindError
    void start();

    /// Has the site read again for the operator; nobody is refused meanwhile. Thread: any, between
    /// `start` and `stop`
    void reload_site() noexcept { site_loader_->request_of_operator(); }

    /// Accepts no more, answers what is in flight within `request_timeout`, flushes the backend,
    /// and gives everything back. Harmless when not started.
    void stop() noexcept;

private:
    [[nodiscard]] Listeners bind(net::Transport transport,
                                 std::span<const config::Address> addresses);
    void limit_connections(std::uint32_t workers);
    void make_backend(const plugin::Library& library);
    void fill_roster();
    void prepare_cold_work();
    void start_management();
    void release_drivers() noexcept;

    const config::Config& config_;
    Log& log_;
    const Clock clock_;
    ControlLoop control_;
    logic::IntervalSetting interval_setting_;
    logic::Policy policy_;
    frontend::HttpSettings http_;
    frontend::UdpSettings udp_;
    logic::Farewells farewells_;
    logic::RosterSource roster_source_;  // what the tracker driver saves
    plugin::BackendDriverPtr backend_;
    plugin::TrackerDriverPtr tracker_;
    std::optional<logic::Roster> roster_;
    std::optional<SiteView> site_view_;
    std::vector<ClientRecord> configured_clients_;
    std::optional<SiteLoader> site_loader_;
    std::optional<Filling> filling_;
    std::optional<frontend::FullScrape> full_scrape_;
    std::optional<ControlThreads> control_threads_;
    frontend::ColdWork cold_work_;
    std::optional<Shared> shared_;
    std::optional<Workers> workers_;
    std::optional<management::Server> management_;
};

/// An address could not be bound.
class BindError final : public StartupError {
public:
    using StartupError::StartupError;
};

}  // namespace chihaya::app
