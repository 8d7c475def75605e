#include "core/app/service.hpp"

#include "core/app/access_files.hpp"
#include "core/app/settings.hpp"
#include "core/base/limits.hpp"

#include <string>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";

}  // namespace

Service::Service(const config::Config& config, Log& log)
    : log_(log), control_(clock_, log), in_effect_(config) {
    in_effect_.policy.interval_setting = &interval_setting_;
}

Service::~Service() {
    stop();
}

void Service::load(bool restores) {
    in_effect_.policy.protection.access = read_access_lists(in_effect_.config.access).value();
    const auto catalog = plugin::Catalog::scan(plugin_dir_of(in_effect_.config)).value();
    for (const std::string& refusal : catalog.refusals()) {
        log_.write(Severity::error, "plugin", refusal);
    }
    const auto tracker =
        catalog.find(plugin::Kind::tracker, in_effect_.config.tracker.name).value();
    const auto backend =
        catalog.find(plugin::Kind::backend, in_effect_.config.backend.name).value();
    for (const plugin::Library* library : {&tracker, &backend}) {
        log_.write(Severity::info, "plugin", "loaded",
                   {{"name", library->name()},
                    {"version", std::string_view(library->card().version)},
                    {"file", library->file().string()}});
    }
    backend_library_ = backend;
    control_.start();
    greet(tracker);
    control_.run_on([&] {
        TrackerSetup setup = tracker_setup(in_effect_.config);
        auto place = std::make_shared<TrackerPlace>(farewells_);
        setup.expiry = setup.expiry == nullptr ? nullptr : &place->door;
        setup.restore = restores && (!taking_over_ || !taking_over_->carries());
        place->driver = tracker.create_tracker(control_.tracker_host(), setup).value();
        tracker_.emplace(std::move(place));
        roster_.emplace(*tracker_);
        roster_source_.open(*roster_);
        site_loader_.emplace(*roster_, in_effect_.clients, log_);
        filling_.emplace(Filling::Parts{.control = control_,
                                        .tracker = *tracker_,
                                        .roster = *roster_,
                                        .site_loader = *site_loader_,
                                        .log = log_},
                         in_effect_.clients);
        roster_->on_lapsed([this] { control_.post([this] { filling_->reload(); }); });
        roster_->on_site_lapsed([this] { site_loader_->request(); });
        site_view_.emplace(
            SiteView::Parts{.clock = clock_,
                            .roster = *roster_,
                            .tracker = *tracker_,
                            .policy = in_effect_.policy,
                            .interval_setting = interval_setting_,
                            .peer_lifetime = in_effect_.config.effective_peer_lifetime()});
        if (!taking_over_) {
            make_backend();
        }
    });
}

/// On the control loop.
void Service::make_backend() {
    spool_dir_ = spool_dir_of(in_effect_.config);
    backend_.fill(
        backend_library_->create_backend(control_.backend_host(), backend_setup(in_effect_.config))
            .value());
    has_backend_ = true;
    backend_.rules(in_effect_.policy.site);
    farewells_.open(*roster_, backend_);
}

/// Lifetime: as long as `config`
TrackerSetup Service::tracker_setup(const config::Config& config) {
    TrackerSetup setup = tracker_setup_of(config);
    setup.expiry = config.private_mode ? &farewells_ : nullptr;
    setup.registry = &roster_source_;
    return setup;
}

/// Lifetime: likewise
BackendSetup Service::backend_setup(const config::Config& config) {
    BackendSetup setup;
    setup.params = config.backend.params;
    setup.spool_dir = spool_dir_;
    setup.registry = &*roster_;
    setup.tracker = &*site_view_;
    setup.peer_lifetime = config.effective_peer_lifetime();
    return setup;
}

void Service::start() {
    const config::Config& config = in_effect_.config;
    choose_key();
    shared_.emplace(Shared{.clock = clock_,
                           .log = log_,
                           .roster = *roster_,
                           .tracker = *tracker_,
                           .backend = backend_});
    workers_.emplace(*shared_, [this](const auto& counters) { site_view_->add(counters); });
    Workers::Prepared posts = bind();
    fill_roster();
    receive();
    prepare_cold_work();
    auto settings = worker_settings_of(in_effect_, log_, true);  // with the site's rules
    settings->cold_work = cold_work_;
    settings->cold_work.full_scrape = config.http.full_scrape ? &*full_scrape_ : nullptr;
    prepare_management();
    if (!workers_->adopt(std::move(settings), std::move(posts), taking_over_.has_value())) {
        throw StartupError("tracker driver '" + config.tracker.name +
                           "' gave a worker no session; see the log above");
    }
    driver_switch_.emplace(DriverSwitch::Parts{.clock = clock_,
                                               .log = log_,
                                               .control = control_,
                                               .slot = *tracker_,
                                               .roster = *roster_,
                                               .filling = *filling_,
                                               .workers = *workers_,
                                               .farewells = farewells_});
    take_place();
    log_.write(Severity::info, area, "serving",
               {{"workers", std::uint64_t{worker_count(config)}},
                {"tracker", config.tracker.name},
                {"backend", config.backend.name},
                {"mode", config.private_mode ? "private" : "public"}});
}

Result<void> Service::change_tracker(const config::Config& config) {
    const auto catalog = plugin::Catalog::scan(plugin_dir_of(config));
    if (catalog.has_error()) {
        return catalog.error();
    }
    const auto library = catalog->find(plugin::Kind::tracker, config.tracker.name);
    if (library.has_error()) {
        return library.error();
    }
    const auto switched = driver_switch_->to(*library, tracker_setup(config));
    return switched.has_error() ? Result<void>(switched.error()) : Result<void>();
}

void Service::prepare_cold_work() {
    full_scrape_.emplace(
        *tracker_, [this](std::function<void()> work) { control_.post(std::move(work)); },
        static_cast<std::uint32_t>(in_effect_.policy.min_interval.count()));
    if (backend_.has_control()) {
        control_threads_.emplace(backend_);
        cold_work_.control = &*control_threads_;
    }
}

Workers::Prepared Service::bind() {
    const config::Config& config = in_effect_.config;
    Posts posts{.workers = worker_count(config), .http = {}, .udp = {}};
    auto http = places_of(net::Transport::tcp, config.http.addr, log_);
    auto udp = places_of(net::Transport::udp, config.udp.addr, log_);
    if (http.has_error() || udp.has_error()) {
        throw BindError(http.has_error() ? http.error().text : udp.error().text);
    }
    posts.http = std::move(*http);
    posts.udp = std::move(*udp);
    workers_->use(std::move(given_));
    auto prepared = workers_->prepare(std::move(posts));
    if (prepared.has_error()) {
        throw BindError(prepared.error().text);
    }
    for (const std::string& place : workers_->drop_unused()) {
        log_.write(Severity::warning, area,
                   "a socket that was passed to this process is for no address of the "
                   "configuration; it is not served",
                   {{"socket", place}});
    }
    return std::move(*prepared);
}

void Service::take_reloads(ReadConfiguration read, std::function<void(bool)> on_reload) {
    read_ = std::move(read);
    on_reload_ = std::move(on_reload);
    reload_.emplace(Reload::Parts{
        .log = log_,
        .control = control_,
        .in_effect = in_effect_,
        .tracker = *tracker_,
        .backend = backend_,
        .roster = *roster_,
        .site_view = *site_view_,
        .site_loader = *site_loader_,
        .filling = *filling_,
        .full_scrape = *full_scrape_,
        .cold_work = cold_work_,
        .workers = *workers_,
        .management = *management_,
        .switch_driver = [this](const config::Config& config) { return change_tracker(config); },
        .tracker_setup = [this](const config::Config& config) { return tracker_setup(config); },
        .backend_setup =
            [this](const config::Config& config) {
                return backend_setup(config);
            }});
    begin_reloads();
}

/// From now on until `stop`.
void Service::begin_reloads() {
    reloads_.start({.reload =
                        [this] {
                            auto report = reload_->perform(read_());
                            site_loader_->request_of_operator();
                            return report;
                        },
                    .tend = [this](Workers::Moment now) { return workers_->tend(now); },
                    .on_change = on_reload_});
}

/// Then, on a thread of its own, what the site says.
void Service::fill_roster() {
    Status filled;
    control_.run_on([&] { filled = filling_->begin(); });
    if (!taking_over_) {
        site_loader_->start(backend_);
    }
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
    if (!taking_over_) {
        site_loader_->wait_for_first(limits::site_load_wait);
    }
}

/// Who takes over binds only: while that may still be refused.
void Service::prepare_management() {
    management::Settings settings = management_settings_of(in_effect_.config);
    settings.started = clock_.now();
    management::Parts parts{.roster = *roster_,
                            .tracker = *tracker_,
                            .backend = backend_,
                            .log = log_,
                            .counters = [this] {
                                return workers_->counters();
                            }};
    parts.popular_clients = [this] {
        return workers_->popular_clients();
    };
    parts.popular_swarms = [this] {
        return workers_->popular_swarms();
    };
    parts.circumstances = [this] {
        return circumstances();
    };
    parts.reload = [this] {
        return reloads_.perform();
    };
    management_.emplace(std::move(parts), std::move(settings));
    const auto begun =
        taking_over_ ? management_->bind(in_effect_.config.management.addr) : management_->start();
    if (begun.has_error()) {
        throw BindError(begun.error().text);
    }
}

management::Circumstances Service::circumstances() {
    const ReloadNumbers reloads = reloads_.numbers();
    return {.is_stopping = is_stopping_.load(std::memory_order_relaxed),
            .control_calls = control_threads_ ? control_threads_->waiting() : 0,
            .reloads = reloads.done,
            .reloads_refused = reloads.refused,
            .last_reload = reloads.last ? Time(*reloads.last) : Time{},
            .last_reload_ok = reloads.last_was_done};
}

void Service::stop() noexcept {
    is_stopping_.store(true, std::memory_order_relaxed);
    if (taking_over_) {
        taking_over_->end();
    }
    target_.reset();
    if (driver_switch_) {
        driver_switch_->end();
    }
    reloads_.stop();
    if (workers_) {
        workers_->stop(in_effect_.config.request_timeout);
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
    if (!tracker_ && !has_backend_) {
        return;
    }
    control_.run_on([this] {
        farewells_.close();
        if (has_backend_ && !backend_.flush(in_effect_.config.request_timeout).ok()) {
            log_.write(Severity::warning, area,
                       "the site does not have everything yet; the rest waits in the spool");
        }
        if (tracker_) {
            tracker_->unfollow();
        }
        filling_->end();  // before the thread ends on which it is told of lapses
        has_backend_ = false;
        backend_.empty();  // before the roster that it writes to
        site_loader_.reset();
        if (tracker_) {
            tracker_->release();  // saves the roster
        }
        roster_source_.close();
        roster_.reset();
        tracker_.reset();
    });
}

}  // namespace chihaya::app
