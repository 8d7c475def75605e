#pragma once

/// @file server.hpp
/// The management listener: health, statistics, and the calls by which an operator or a site
/// reads and changes torrents, users and approved clients. It has threads of its own and never
/// touches a worker's.
///
/// How to use it: construct (nothing happens), `start()` after a daemon has forked and before
/// privileges are dropped (it binds and starts its threads), `stop()` before the roster and the
/// drivers go. Start reading at routes.hpp to see what it answers.

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/logic/roster.hpp"
#include "core/management/reload.hpp"
#include "core/metrics/popularity.hpp"
#include "core/metrics/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::management {

/// What only the program knows of itself, at one moment.
struct Circumstances {
    bool is_stopping = false;
    std::size_t control_calls = 0;      // of the site that wait for a thread
    std::uint64_t reloads = 0;          // of the configuration, since the start
    std::uint64_t reloads_refused = 0;  // what was found changed nothing
    Time last_reload{};                 // that was not refused; 0: there was none
    bool last_reload_ok = true;
};

/// What the listener shows and changes.
/// Lifetime: everything outlives the server
struct Parts {
    logic::Roster& roster;
    TrackerDriver& tracker;
    BackendDriver& backend;
    Log& log;
    /// Sums up the workers' counters. Called from any of the listener's threads.
    std::function<metrics::Snapshot()> counters;
    /// Reloads the configuration. Called likewise. Null: there is no `/reload`.
    ReloadCall reload = nullptr;
    /// These may be empty. Called likewise.
    std::function<metrics::PopularityTotals()> popular_clients = nullptr;
    std::function<metrics::PopularityTotals()> popular_swarms = nullptr;
    std::function<Circumstances()> circumstances = nullptr;
};

/// What it says about the process, and whom it lets in.
struct Settings {
    std::vector<config::Address> addr;  // as in the configuration; port 0 is one of the kernel's
    std::string token;                  // secret; empty: callers from loopback need none
    bool client_whitelist_enabled = false;  // is there `/clients`?
    bool private_mode = false;              // is there `/users`?
    Time started{};                         // of the process, as `Clock::now` said
    std::string version;
    std::string tracker_driver;  // their names in the configuration
    std::string backend_driver;
};

/// Thread: every member from the one that owns the server
class Server final {
public:
    Server(Parts parts, Settings settings);
    /// Stops, if that has not been done.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds every address that is not bound, and serves, by the settings of the last `adopt`. An
    /// empty host binds both families; no address is no listener, and fine.
    /// Errors: an address that cannot be bound; then none is
    [[nodiscard]] Result<void> start();

    /// Binds those of `wanted` that are not served; `start` or `adopt` has them served. Who
    /// connects meanwhile waits. Errors: an address that cannot be bound; then none of them is
    [[nodiscard]] Result<void> bind(const std::vector<config::Address>& wanted);

    /// Closes what `bind` has bound and nobody serves. Harmless when not started.
    void forget_bound() noexcept;

    /// From now on these count: addresses (bound before), token, and whether there is `/clients`.
    /// An address that is given up answers who is there already. One that could not `start`, or
    /// has been stopped, begins with what `bind` has bound.
    void adopt(const Settings& settings);

    /// Accepts no more, gives up on requests that have not arrived in full, finishes the others and
    /// ends the threads. Harmless when not started.
    void stop() noexcept;

    /// The ports that are bound, in the order of `Settings::addr` (an empty host counts once).
    [[nodiscard]] std::vector<std::uint16_t> ports() const;

private:
    struct Port;
    struct Running;
    [[nodiscard]] static Result<void> bind(const std::vector<config::Address>& wanted,
                                           Running& running);
    void serve_bound();
    Parts parts_;
    Settings settings_;
    std::unique_ptr<Running> running_;
};

}  // namespace chihaya::management
