#pragma once

/// @file gazelle_driver.hpp
/// The backend driver of a Gazelle site, put together from its parts: start here to see who owns
/// whom.

#include "chihaya/backend_driver.hpp"
#include "plugins/gazelle/books/bookkeeper.hpp"
#include "plugins/gazelle/database/site_archive.hpp"
#include "plugins/gazelle/parameters.hpp"
#include "plugins/gazelle/site/clock.hpp"
#include "plugins/gazelle/site/control.hpp"
#include "plugins/gazelle/site/loader.hpp"
#include "plugins/gazelle/site/recent_changes.hpp"
#include "plugins/gazelle/site/reports.hpp"
#include "plugins/gazelle/site/traced_users.hpp"
#include "plugins/gazelle/site/used_tokens.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

namespace chihaya::gazelle {

class GazelleDriver final : public BackendDriver {
public:
    /// Does not wait for the database. Lifetime: `host` and what `setup` points to outlive it
    /// Errors: std::runtime_error in the operator's words
    GazelleDriver(Host& host, const BackendSetup& setup, Parameters parameters);
    ~GazelleDriver();
    GazelleDriver(const GazelleDriver&) = delete;
    GazelleDriver& operator=(const GazelleDriver&) = delete;

    Status load(RegistrySink& sink) noexcept override;
    void record(std::span<const AnnounceDelta> deltas) noexcept override;
    void rules(SiteRules& rules) noexcept override;
    bool has_control() noexcept override { return desk_.is_open(); }
    void control(const ControlRequest& request, ControlSink& sink) noexcept override;
    Status flush(std::chrono::milliseconds deadline) noexcept override;
    Status reconfigure(const BackendSetup& setup) noexcept override;
    Status health() noexcept override;
    void report(MetricSink& sink) noexcept override;
    void release() noexcept override { delete this; }

private:
    [[nodiscard]] Status read_site(RegistrySink& sink);
    [[nodiscard]] DatabaseError open_site();
    [[nodiscard]] Status away(const DatabaseError& error);
    void tell_of(const Loaded& loaded);
    void trace(const AnnounceDelta& delta) noexcept;
    [[nodiscard]] Dialect dialect();
    void ask_for_load() noexcept;
    void arm_reload() noexcept;

    Host& host_;
    Parameters parameters_;
    RegistrySink& registry_;
    const std::chrono::seconds peer_lifetime_;
    const Clock clock_;

    std::mutex knowing_;
    Dialect dialect_;  // under `knowing_`; automatic until the site has been reached

    RecentChanges recent_;
    TracedUsers traced_;
    UsedTokens tokens_;
    SiteArchive archive_;
    Bookkeeper keeper_;
    Reports reports_;
    Desk desk_;

    std::mutex loading_;
    Connection reader_;              // under `loading_`
    bool has_loaded_peers_ = false;  // likewise

    TimerId reload_timer_ = TimerId::none;
};

/// The parameters of `setup`, or nothing after they have been complained about in the log.
[[nodiscard]] std::optional<Parameters> parameters_for(Host& host, const BackendSetup& setup);

}  // namespace chihaya::gazelle
