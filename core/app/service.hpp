#pragma once

/// @file service.hpp
/// The whole tracker, put together by hand: start here to see who owns whom and in which order
/// things come and go.

#include "core/app/backend_slot.hpp"
#include "core/app/control_loop.hpp"
#include "core/app/control_threads.hpp"
#include "core/app/driver_switch.hpp"
#include "core/app/driver_target.hpp"
#include "core/app/filling.hpp"
#include "core/app/handing_over.hpp"
#include "core/app/reload.hpp"
#include "core/app/reloads.hpp"
#include "core/app/settings.hpp"
#include "core/app/site_loader.hpp"
#include "core/app/site_view.hpp"
#include "core/app/supervisor.hpp"
#include "core/app/taking_over.hpp"
#include "core/app/tracker_slot.hpp"
#include "core/app/workers.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/config/reader.hpp"
#include "core/logic/farewells.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/roster_source.hpp"
#include "core/management/server.hpp"
#include "core/net/given_sockets.hpp"
#include "core/plugin/catalog.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <string>

namespace chihaya::app {

/// Thread: the main thread
class Service {
public:
    /// Lifetime: log outlives the service
    Service(const config::Config& config, Log& log);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Loads the plugins that the configuration names and makes their drivers. `restores`: with
    /// what they have saved. Errors: StartupError, in the words of whoever refused
    void load(bool restores = true);

    /// These are used in place of sockets of our own. Before `start`.
    void use(net::GivenSockets given) { given_ = std::move(given); }

    /// Everything is taken from a tracker that runs, instead of made anew. Before `load`; then
    /// `load` and `start` may fail for its reasons, too.
    void take_over(std::unique_ptr<handover::Channel> from) {
        taking_over_.emplace(std::move(from), log_);
    }

    /// Who wants to know how a hand-over goes.
    struct Replacement {
        std::function<void(std::uint64_t process)> replaced;  // that one is the tracker now
        std::function<void()> dismiss;  // nothing comes of it: the other one is to end
        const std::atomic<bool>& ends;  // true: this tracker is to stop, soon
    };

    /// Gives everything to another process. Between `take_reloads` and `stop`.
    /// Once that one is the tracker, those clients are waited for who are taking their replies.
    /// Afterwards nothing is left, and the process is to be ended, not stopped: files and sockets
    /// are the other one's.
    /// Errors: why nothing came of it; then this is the tracker
    [[nodiscard]] Result<void> hand_over(handover::Channel& to, const Replacement& by);

    /// What the service manager is told, and which loops must turn. Between `start` and `stop`.
    [[nodiscard]] Supervisor::Parts vital_signs();

    /// Binds, fills the roster, and serves.
    /// Errors: StartupError; an address that cannot be bound is BindError
    void start();

    /// Reads the configuration again, as it is now.
    using ReadConfiguration = std::function<Result<config::Reading>()>;

    /// From now on `reload` and `POST /reload` read the configuration with this; `on_reload` is
    /// told when one begins (true) and has ended. Lifetime: until `stop`. After `start`
    void take_reloads(ReadConfiguration read, std::function<void(bool)> on_reload);

    /// Makes what the file says now the configuration, and has the site read again for the
    /// operator, soon; nobody is refused meanwhile. Thread: any, between `take_reloads` and `stop`
    void reload() noexcept { reloads_.request(); }

    /// Accepts no more, answers what is in flight within `request_timeout`, flushes the backend,
    /// and gives everything back. Harmless when not started.
    void stop() noexcept;

private:
    [[nodiscard]] Workers::Prepared bind();
    [[nodiscard]] TrackerSetup tracker_setup(const config::Config& config);
    [[nodiscard]] BackendSetup backend_setup(const config::Config& config);
    void make_backend();
    void begin_reloads();
    void greet(const plugin::Library& tracker);
    void choose_key();
    void receive();
    void take_place();
    void quieten_site();
    void free_site();
    void serve_site(const std::atomic<bool>& ends);
    [[nodiscard]] bool make_backend_again(const std::atomic<bool>& ends);
    void put_back_what_was_erased();
    void fill_roster();
    void prepare_cold_work();
    void prepare_management();
    [[nodiscard]] Result<void> change_tracker(const config::Config& config);
    [[nodiscard]] management::Circumstances circumstances();
    void release_drivers() noexcept;

    Log& log_;
    const Clock clock_;
    ControlLoop control_;
    logic::IntervalSetting interval_setting_;
    InEffect in_effect_;
    std::string spool_dir_;
    logic::Farewells farewells_;
    logic::RosterSource roster_source_;  // what the tracker driver saves
    std::optional<plugin::Library> backend_library_;
    BackendSlot backend_;
    bool has_backend_ = false;
    std::optional<TrackerSlot> tracker_;
    std::optional<logic::Roster> roster_;
    std::optional<SiteView> site_view_;
    std::optional<SiteLoader> site_loader_;
    std::optional<Filling> filling_;
    std::optional<frontend::FullScrape> full_scrape_;
    std::optional<ControlThreads> control_threads_;
    frontend::ColdWork cold_work_;  // but for the full scrape, which not everybody may have
    std::optional<Shared> shared_;
    std::optional<Workers> workers_;
    std::optional<DriverSwitch> driver_switch_;
    std::atomic<bool> is_stopping_{false};
    std::optional<management::Server> management_;
    std::optional<Reload> reload_;
    Reloads reloads_{log_};
    ReadConfiguration read_;
    std::function<void(bool)> on_reload_;
    net::GivenSockets given_;
    std::optional<TakingOver> taking_over_;
    std::optional<DriverTarget> target_;  // while it takes over
};

/// An address could not be bound.
class BindError final : public StartupError {
public:
    using StartupError::StartupError;
};

}  // namespace chihaya::app
