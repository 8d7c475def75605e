#include "core/app/service.hpp"

#include "core/app/descriptors.hpp"
#include "core/app/settings.hpp"
#include "core/base/limits.hpp"
#include "core/logic/client_list.hpp"

#include <string>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";

// How soon a driver whose service is away is asked for its registry again.
constexpr std::chrono::milliseconds fill_pause{1000};

}  // namespace

Service::Service(const config::Config& config, Log& log)
    : config_(config),
      log_(log),
      control_(clock_, log),
      policy_(policy_of(config)),
      http_(http_settings_of(config, worker_count(config))),
      udp_(udp_settings_of(config)) {
    policy_.interval_setting = &interval_setting_;
}

Service::~Service() {
    stop();
}

void Service::load() {
    const auto catalog = plugin::Catalog::scan(plugin_dir_of(config_)).value();
    for (const std::string& refusal : catalog.refusals()) {
        log_.write(Severity::error, "plugin", refusal);
    }
    const auto tracker = catalog.find(plugin::Kind::tracker, config_.tracker.name).value();
    const auto backend = catalog.find(plugin::Kind::backend, config_.backend.name).value();
    for (const plugin::Library* library : {&tracker, &backend}) {
        log_.write(Severity::info, "plugin", "loaded",
                   {{"name", library->name()},
                    {"version", std::string_view(library->card().version)},
                    {"file", library->file().string()}});
    }
    control_.start();
    control_.run_on([&] {
        TrackerSetup setup = tracker_setup_of(config_);
        setup.expiry = config_.private_mode ? &farewells_ : nullptr;
        tracker_ = tracker.create_tracker(control_.tracker_host(), setup).value();
        roster_.emplace(*tracker_);
        roster_->on_lapsed([this] { control_.post([this] { reload(); }); });
        site_loader_.emplace(*roster_, configured_clients_, log_);
        roster_->on_site_lapsed([this] { site_loader_->request(); });
        make_backend(backend);
    });
}

void Service::make_backend(const plugin::Library& library) {
    site_view_.emplace(SiteView::Parts{.clock = clock_,
                                       .roster = *roster_,
                                       .tracker = *tracker_,
                                       .policy = policy_,
                                       .interval_setting = interval_setting_,
                                       .peer_lifetime = config_.effective_peer_lifetime()});
    BackendSetup setup;
    setup.params = config_.backend.params;
    const std::string spool_dir = spool_dir_of(config_);
    setup.spool_dir = spool_dir;
    setup.registry = &*roster_;
    setup.tracker = &*site_view_;
    setup.peer_lifetime = config_.effective_peer_lifetime();
    backend_ = library.create_backend(control_.backend_host(), setup).value();
    backend_->rules(policy_.site);
    farewells_.open(*roster_, *backend_);
}

void Service::start() {
    const std::uint32_t count = worker_count(config_);
    limit_connections(count);
    Listeners http = bind(net::Transport::tcp, config_.http.addr);
    Listeners udp = bind(net::Transport::udp, config_.udp.addr);
    begin_to_fill_roster();
    prepare_cold_work();
    shared_.emplace(Shared{.clock = clock_,
                           .log = log_,
                           .policy = policy_,
                           .http = http_,
                           .udp = udp_,
                           .roster = *roster_,
                           .cold_work = cold_work_,
                           .tracker = *tracker_,
                           .backend = *backend_});
    for (std::uint32_t number = 0; number < count; ++number) {
        workers_.push_back(std::make_unique<Worker>(
            number, *shared_, WorkerSockets{.http = http.take(number), .udp = udp.take(number)}));
        site_view_->add(workers_.back()->counters());
    }
    start_management();  // counts what the workers do, so they are all there
    for (const auto& worker : workers_) {
        if (!worker->start()) {
            throw StartupError("tracker driver '" + config_.tracker.name +
                               "' gave a worker no session; see the log above");
        }
    }
    log_.write(Severity::info, area, "serving",
               {{"workers", std::uint64_t{count}},
                {"tracker", config_.tracker.name},
                {"backend", config_.backend.name},
                {"mode", config_.private_mode ? "private" : "public"}});
}

void Service::prepare_cold_work() {
    if (policy_.full_scrape) {
        full_scrape_.emplace(
            *tracker_, [this](std::function<void()> work) { control_.post(std::move(work)); },
            static_cast<std::uint32_t>(policy_.min_interval.count()));
        cold_work_.full_scrape = &*full_scrape_;
    }
    if (backend_->has_control()) {
        control_threads_.emplace(*backend_);
        cold_work_.control = &*control_threads_;
    }
}

/// No more connections than there are descriptors for, so that our bound is met before the
/// system's.
void Service::limit_connections(std::uint32_t workers) {
    constexpr std::uint64_t families = 2;
    const std::uint64_t limit = raise_descriptor_limit();
    const std::uint64_t possible = client_descriptors(
        limit, workers, families * (config_.http.addr.size() + config_.udp.addr.size()));
    if (limit == 0 || config_.http.addr.empty() || possible >= config_.http.max_connections) {
        return;
    }
    http_.max_connections = static_cast<std::uint32_t>(possible / workers);
    // Nobody has asked for the default: then it is as good as what there is.
    const bool is_asked = config_.http.max_connections != config::Http{}.max_connections;
    log_.write(is_asked ? Severity::warning : Severity::info, area,
               "http.max_connections: found " + std::to_string(config_.http.max_connections) +
                   ", accepted are " + std::to_string(possible) + " while this process may open " +
                   std::to_string(limit) +
                   " files; lower it, or raise the limit (ulimit -n, LimitNOFILE=)");
}

Listeners Service::bind(net::Transport transport, std::span<const config::Address> addresses) {
    auto listeners = Listeners::bind(transport, addresses, worker_count(config_), log_);
    if (listeners.has_error()) {
        throw BindError(listeners.error().text);
    }
    return std::move(*listeners);
}

/// First what the tracker driver has kept and what other nodes change, then what the configuration
/// says, and then, on a thread of its own, what the site says. A driver whose service is away is
/// asked again until it is there.
void Service::begin_to_fill_roster() {
    for (const std::string& text : config_.client_whitelist) {
        const auto prefix = logic::client_prefix(text);
        if (!prefix) {
            throw StartupError("client_whitelist: found an entry of " +
                               std::to_string(text.size()) +
                               " bytes; accepted are the first 1 to 20 bytes of a peer id");
        }
        configured_clients_.push_back({.prefix = *prefix});
    }
    Status filled;
    control_.run_on([&] {
        if (const Status followed = tracker_->follow(roster_->replica()); !followed.ok()) {
            log_.write(Severity::warning, area, "changes of other nodes will not be noticed",
                       {{"reason", followed.reason}});
        }
        roster_->set_whole(false);
        fill_roster();
        filled = filled_;
    });
    site_loader_->start(*backend_);
    if (!filled.ok() && filled.code != StatusCode::unavailable) {
        throw StartupError(std::string("client_whitelist: the tracker driver refused it: ") +
                           filled.reason);
    }
    if (!filled.ok()) {
        log_.write(Severity::warning, area,
                   "the registry is not here yet: users, torrents and clients that are not known "
                   "are told to come back, until it can be loaded",
                   {{"reason", filled.reason}});
        return;
    }
    site_loader_->wait_for_first(limits::site_load_wait);
}

/// On the control loop, as all that follows.
void Service::fill_roster() noexcept {
    if (tracker_ == nullptr || is_filled_) {
        return;  // given back, or filled, meanwhile
    }
    const Status loaded = load_shared_copy();
    filled_ = loaded.code == StatusCode::unavailable ? loaded : put_configured_clients();
    if (filled_.code == StatusCode::unavailable) {
        control_.tracker_host().start_timer(fill_pause, Task::to<&Service::fill_roster>(*this));
        return;
    }
    if (!filled_.ok()) {
        log_.write(Severity::error, area, "client_whitelist: the tracker driver refused it",
                   {{"reason", filled_.reason}});
    }
    is_filled_ = true;
    site_loader_->allow();
}

/// After a lapse. What is not filled is loaded in any case.
void Service::reload() noexcept {
    if (tracker_ != nullptr && is_filled_) {
        static_cast<void>(load_shared_copy());
    }
}

Status Service::load_shared_copy() noexcept {
    Status loaded = roster_->load();
    if (loaded.code == StatusCode::lost) {
        const auto sizes = roster_->sizes();
        log_.write(Severity::warning, area,
                   "the shared copy of the registry is lost; putting back what is known here",
                   {{"users", std::uint64_t{sizes.users}},
                    {"torrents", std::uint64_t{sizes.torrents}},
                    {"clients", std::uint64_t{sizes.clients}},
                    {"tokens", std::uint64_t{sizes.tokens}}});
        const Status put = roster_->put_back();
        loaded = put.ok() ? roster_->load() : put;
    }
    if (!loaded.ok() && loaded.code != told_.code) {
        log_.write(Severity::warning, area, "the shared copy of the registry could not be loaded",
                   {{"reason", loaded.reason}});
    }
    if (loaded.ok() && !told_.ok()) {
        log_.write(Severity::info, area, "the shared copy of the registry has been loaded");
    }
    told_ = loaded;
    return loaded;
}

Status Service::put_configured_clients() noexcept {
    return configured_clients_.empty() ? Status{} : roster_->put_clients(configured_clients_);
}

void Service::start_management() {
    management::Settings settings;
    settings.addr = config_.management.addr;
    settings.token = config_.management.token;
    settings.client_whitelist_enabled = config_.client_whitelist_enabled;
    settings.private_mode = config_.private_mode;
    settings.started = clock_.now();
    settings.version = CHIHAYA_VERSION;
    settings.tracker_driver = config_.tracker.name;
    settings.backend_driver = config_.backend.name;
    management_.emplace(management::Parts{.roster = *roster_,
                                          .tracker = *tracker_,
                                          .backend = *backend_,
                                          .log = log_,
                                          .counters =
                                              [this] {
                                                  return counters();
                                              }},
                        std::move(settings));
    if (const auto started = management_->start(); started.has_error()) {
        throw BindError(started.error().text);
    }
}

metrics::Snapshot Service::counters() const {
    metrics::Snapshot sum;
    for (const auto& worker : workers_) {
        sum.add(worker->counters());
    }
    return sum;
}

void Service::stop() noexcept {
    for (const auto& worker : workers_) {
        worker->stop(config_.request_timeout);
    }
    for (const auto& worker : workers_) {
        worker->join();
    }
    if (management_) {
        management_->stop();
        management_.reset();
    }
    control_threads_.reset();  // its calls want a worker's loop to go home to, and the driver
    if (site_loader_) {
        site_loader_->stop();
    }
    release_drivers();
    workers_.clear();  // whose counters the backend driver may have read
    control_.stop();
}

void Service::release_drivers() noexcept {
    if (tracker_ == nullptr && backend_ == nullptr) {
        return;
    }
    control_.run_on([this] {
        farewells_.close();
        if (backend_ != nullptr && !backend_->flush(config_.request_timeout).ok()) {
            log_.write(Severity::warning, area,
                       "the site does not have everything yet; the rest waits in the spool");
        }
        if (tracker_ != nullptr) {
            tracker_->unfollow();
        }
        control_.tracker_host().forget(this);
        backend_.reset();  // before the roster that it writes to
        site_loader_.reset();
        roster_.reset();
        tracker_.reset();
    });
}

}  // namespace chihaya::app
