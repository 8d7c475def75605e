#include "plugins/gazelle/gazelle_driver.hpp"

#include <exception>
#include <filesystem>
#include <string>
#include <utility>

namespace chihaya::gazelle {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

std::string spool_folder(const BackendSetup& setup) {
    if (setup.spool_dir.empty()) {
        throw std::runtime_error(
            "state_dir: found none, needed for what the database has not confirmed; set it");
    }
    return std::string(setup.spool_dir);
}

}  // namespace

std::optional<Parameters> parameters_for(Host& host, const BackendSetup& setup) {
    ParameterErrors found;
    Parameters parameters = read_parameters(setup.params, found);
    for (const std::string& warning : found.warnings) {
        host.log(Severity::warning, warning);
    }
    for (const std::string& error : found.texts) {
        host.log(Severity::error, error);
    }
    return found.texts.empty() ? std::optional(std::move(parameters)) : std::nullopt;
}

GazelleDriver::GazelleDriver(Host& host, const BackendSetup& setup, Parameters parameters)
    : host_(host),
      parameters_(std::move(parameters)),
      registry_(*setup.registry),
      peer_lifetime_(setup.peer_lifetime),
      clock_(steady_clock()),
      recent_(registry_, clock_),
      tokens_(host_, recent_, token_end(parameters_)),
      archive_(parameters_, host_),
      keeper_(
          host_, spool_folder(setup), archive_,
          {.flush_interval = parameters_.flush_interval, .spool_limit = parameters_.spool_limit}),
      reports_(parameters_, {.tracker = *setup.tracker,
                             .traced = traced_,
                             .dialect = [this] { return dialect(); },
                             .books = [this] { return keeper_.numbers().waiting; },
                             .clock = clock_}),
      desk_(parameters_, {.log = host_,
                          .registry = recent_,
                          .tracker = *setup.tracker,
                          .traced = traced_,
                          .reports = reports_}),
      reader_(parameters_) {
    tokens_.start();
    arm_reload();
}

GazelleDriver::~GazelleDriver() {
    host_.forget(this);
    tokens_.stop();
}

void GazelleDriver::arm_reload() noexcept {
    host_.cancel_timer(reload_timer_);
    reload_timer_ = TimerId::none;
    if (parameters_.reload_interval.count() > 0) {
        reload_timer_ = host_.start_timer(parameters_.reload_interval,
                                          Task::to<&GazelleDriver::ask_for_load>(*this));
    }
}

/// A control call may have been lost: the site is read again now and then.
void GazelleDriver::ask_for_load() noexcept {
    registry_.lapsed();
    arm_reload();
}

Status GazelleDriver::load(RegistrySink& sink) noexcept {
    try {
        const std::lock_guard lock(loading_);
        return read_site(sink);
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status GazelleDriver::read_site(RegistrySink& sink) {
    // What peers have in the database is the base of what they are credited with next: it is right
    // when everything from before the start is there.
    const bool wants_books = !has_loaded_peers_ && !parameters_.is_read_only;
    if (wants_books && !keeper_.wait_until_recovered(parameters_.timeout)) {
        return {StatusCode::unavailable, "the database has not taken the spool yet"};
    }
    if (DatabaseError error = open_site(); !error.ok()) {
        return away(error);
    }
    std::optional<PeerWish> peers;
    if (!has_loaded_peers_) {
        peers = {.since = std::chrono::floor<std::chrono::seconds>(clock_()) - peer_lifetime_};
    }
    LoadOverlay overlay(recent_, sink);
    const Loaded loaded = load_site(reader_, dialect(), overlay, peers);
    if (!loaded.error.ok()) {
        return away(loaded.error);
    }
    if (!loaded.status.ok()) {
        return loaded.status;
    }
    const Status finished = overlay.finish();
    if (finished.ok() && peers) {
        has_loaded_peers_ = true;
        tell_of(loaded);
    }
    return finished;
}

/// Connects, and finds out what kind of site it is.
DatabaseError GazelleDriver::open_site() {
    Dialect found;
    DatabaseError error = reader_.open();
    if (error.ok()) {
        error = find_dialect(reader_, parameters_, found);
    }
    if (!error.ok()) {
        return error;
    }
    {
        const std::lock_guard lock(knowing_);
        dialect_ = found;
    }
    const bool clears = parameters_.clear_peers_on_start && !parameters_.is_read_only;
    return clears && !has_loaded_peers_ ? clear_peers(reader_, found) : DatabaseError{};
}

Dialect GazelleDriver::dialect() {
    const std::lock_guard lock(knowing_);
    return dialect_;
}

Status GazelleDriver::away(const DatabaseError& error) {
    reader_.close();
    host_.log(Severity::warning, "the site cannot be read: found error " +
                                     std::to_string(error.number) + " (" + error.text +
                                     "); it is tried again");
    return {StatusCode::unavailable, "the site's database cannot be read"};
}

void GazelleDriver::tell_of(const Loaded& loaded) {
    host_.log(Severity::info, "the site has been read: users " + std::to_string(loaded.users) +
                                  ", torrents " + std::to_string(loaded.torrents) + ", tokens " +
                                  std::to_string(loaded.tokens) + ", clients " +
                                  std::to_string(loaded.clients) + ", peers " +
                                  std::to_string(loaded.peers));
    if (loaded.unsound_rows > 0) {
        host_.log(Severity::warning,
                  "the site has " + std::to_string(loaded.unsound_rows) +
                      " rows without a passkey, an info-hash or an id; they are left out");
    }
}

void GazelleDriver::record(std::span<const AnnounceDelta> deltas) noexcept {
    for (const AnnounceDelta& delta : deltas) {
        if (traced_.has(delta.user)) {
            trace(delta);
        }
        if (has(delta.flags, DeltaFlags::snatched | DeltaFlags::used_token)) {
            tokens_.take(
                {.user = delta.user, .torrent = delta.torrent, .info_hash = delta.info_hash});
        }
    }
    if (!parameters_.is_read_only) {
        keeper_.record(deltas);
    }
}

/// The site's staff has asked for it. Source: Ocelot's trace_user
void GazelleDriver::trace(const AnnounceDelta& delta) noexcept {
    try {
        host_.log(Severity::info,
                  "trace: user " + std::to_string(static_cast<std::uint64_t>(delta.user)) +
                      ", torrent " + std::to_string(static_cast<std::uint64_t>(delta.torrent)) +
                      ", announce " + std::to_string(delta.announces) + ", event " +
                      std::to_string(static_cast<std::uint32_t>(delta.event)) + ", uploaded " +
                      std::to_string(delta.uploaded) + " (credited " +
                      std::to_string(delta.uploaded_credited) + "), downloaded " +
                      std::to_string(delta.downloaded) + " (charged " +
                      std::to_string(delta.downloaded_credited) + "), left " +
                      std::to_string(delta.left));
    } catch (const std::exception&) {
        return;  // no memory for a line of the log
    }
}

/// Source: Ocelot's words
void GazelleDriver::rules(SiteRules& rules) noexcept {
    rules.unknown_user = "Passkey not found";
    rules.unapproved_client = "Your client is not on the whitelist";
    rules.unknown_torrent = "Unregistered torrent";
    rules.may_not_leech = "Access denied, leeching forbidden";
    rules.not_ready = "The tracker is temporarily unavailable.";
    rules.no_peer_id = "No peer ID";
    rules.invalid_peer_id = "Invalid peer ID";
    rules.not_compact = "Your client does not support compact announces";
    rules.failure_interval = parameters_.failure_interval;
    rules.num_want_max = parameters_.num_want_max;
    rules.started_restarts_counters = true;
    rules.backward_voids_both = true;
    rules.lists_clients = true;
}

void GazelleDriver::control(const ControlRequest& request, ControlSink& sink) noexcept {
    desk_.control(request, sink);
}

Status GazelleDriver::flush(std::chrono::milliseconds deadline) noexcept {
    return keeper_.flush(deadline)
               ? Status{}
               : Status{StatusCode::unavailable, "the database does not have everything yet"};
}

Status GazelleDriver::reconfigure(const BackendSetup& setup) noexcept {
    try {
        auto wanted = parameters_for(host_, setup);
        if (!wanted) {
            return {StatusCode::rejected, "the parameters are wrong; the log says which"};
        }
        Parameters same = parameters_;
        same.flush_interval = wanted->flush_interval;
        same.spool_limit = wanted->spool_limit;
        same.reload_interval = wanted->reload_interval;
        if (same != *wanted) {
            return {StatusCode::unsupported, "another site needs another driver"};
        }
        if (std::exchange(parameters_.reload_interval, wanted->reload_interval) !=
            wanted->reload_interval) {
            arm_reload();
        }
        keeper_.set_rules(
            {.flush_interval = wanted->flush_interval, .spool_limit = wanted->spool_limit});
        return {};
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status GazelleDriver::health() noexcept {
    return keeper_.numbers().is_reachable
               ? Status{}
               : Status{StatusCode::unavailable, "the site's database is away"};
}

void GazelleDriver::report(MetricSink& sink) noexcept {
    const BookNumbers books = keeper_.numbers();
    sink.counter("recorded_deltas", books.recorded_deltas);
    sink.gauge("spooled_deltas", static_cast<double>(books.spooled_deltas));
    sink.gauge("spool_bytes", static_cast<double>(books.spool_bytes));
    sink.gauge("is_spooling", books.is_spooling ? 1 : 0);
    sink.gauge("waiting_users", static_cast<double>(books.waiting.users));
    sink.gauge("waiting_torrents", static_cast<double>(books.waiting.torrents));
    sink.gauge("waiting_peers", static_cast<double>(books.waiting.peers));
    sink.counter("flushes", books.flushes);
    sink.counter("failed_flushes", books.failed_flushes);
    sink.counter("rejected_rows", books.rejected_rows);
    sink.counter("dropped_peer_rows", books.dropped_peer_rows);
    sink.counter("lost_deltas", books.lost_deltas);
    desk_.report(sink);
    tokens_.report(sink);
}

}  // namespace chihaya::gazelle
