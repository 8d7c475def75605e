#include "core/app/service.hpp"

#include "core/app/descriptors.hpp"
#include "core/app/settings.hpp"
#include "core/base/limits.hpp"

#include <string>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";

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

void Service::load(bool restores) {
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
        setup.registry = &roster_source_;
        setup.restore = restores;
        tracker_ = tracker.create_tracker(control_.tracker_host(), setup).value();
        roster_.emplace(*tracker_);
        roster_source_.open(*roster_);
        configured_clients_ = client_records_of(config_);
        site_loader_.emplace(*roster_, configured_clients_, log_);
        filling_.emplace(Filling::Parts{.control = control_,
                                        .tracker = *tracker_,
                                        .roster = *roster_,
                                        .site_loader = *site_loader_,
                                        .clients = configured_clients_,
                                        .log = log_});
        roster_->on_lapsed([this] { control_.post([this] { filling_->reload(); }); });
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
    fill_roster();
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
    workers_.emplace(*shared_);
    workers_->make(count, std::move(http), std::move(udp));
    workers_->show_counters([this](const auto& worker) { site_view_->add(worker); });
    start_management();  // counts what the workers do, so they are all there
    if (!workers_->start()) {
        throw StartupError("tracker driver '" + config_.tracker.name +
                           "' gave a worker no session; see the log above");
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

/// Then, on a thread of its own, what the site says.
void Service::fill_roster() {
    Status filled;
    control_.run_on([&] { filled = filling_->begin(); });
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

void Service::start_management() {
    management::Settings settings = management_settings_of(config_);
    settings.started = clock_.now();
    management_.emplace(management::Parts{.roster = *roster_,
                                          .tracker = *tracker_,
                                          .backend = *backend_,
                                          .log = log_,
                                          .counters =
                                              [this] {
                                                  return workers_->counters();
                                              }},
                        std::move(settings));
    if (const auto started = management_->start(); started.has_error()) {
        throw BindError(started.error().text);
    }
}

void Service::stop() noexcept {
    if (workers_) {
        workers_->stop(config_.request_timeout);
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
    workers_.reset();  // whose counters the backend driver may have read
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
        filling_->end();   // before the thread ends on which it is told of lapses
        backend_.reset();  // before the roster that it writes to
        site_loader_.reset();
        tracker_.reset();  // saves the roster
        roster_source_.close();
        roster_.reset();
    });
}

}  // namespace chihaya::app
