#include "core/app/reload.hpp"

#include "core/app/access_files.hpp"
#include "core/config/difference.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace chihaya::app {
namespace {

std::vector<std::string> texts_of(std::span<const std::string_view> keys) {
    return {keys.begin(), keys.end()};
}

}  // namespace

/// What one reload has come to so far.
struct Reload::Attempt {
    config::Config wanted;  // without what waits for a restart
    management::ReloadReport report{};
    std::optional<Workers::Prepared> posts{};
    std::shared_ptr<const logic::AccessLists> access{};
    bool told_backend = false;

    /// False, for whoever gives up.
    bool refuse(std::string why) {
        report.is_refused = true;
        report.errors.push_back(std::move(why));
        return false;
    }
};

management::ReloadReport Reload::perform(const Result<config::Reading>& reading) {
    Attempt attempt;
    if (reading.has_error()) {
        attempt.refuse(reading.error().text);
        return attempt.report;
    }
    attempt.report.warnings = reading->warnings;
    if (!reading->errors.empty()) {
        attempt.report.is_refused = true;
        attempt.report.errors = reading->errors;
        return attempt.report;
    }
    const config::Config& now = parts_.in_effect.config;
    attempt.wanted = reading->config;
    const auto all = config::difference(now, attempt.wanted);
    for (const std::string_view key : all.restart) {
        attempt.report.waiting.push_back({std::string(key), {}});
    }
    keep_for_backend_driver(attempt);
    config::keep(now, attempt.wanted, all.restart);
    if (!read_lists(attempt) || !bind(attempt) || !ask_backend_driver(attempt) ||
        !ask_tracker_driver(attempt)) {
        if (attempt.told_backend) {
            parts_.control.run_on(
                [&] { static_cast<void>(parts_.backend.reconfigure(parts_.backend_setup(now))); });
        }
        parts_.management.forget_bound();
        return attempt.report;
    }
    attempt.report.changed = texts_of(config::difference(now, attempt.wanted).live);
    publish(attempt);
    return attempt.report;
}

/// What another driver is told waits with it: the present one makes no sense of it.
void Reload::keep_for_backend_driver(Attempt& attempt) const {
    const config::Config& now = parts_.in_effect.config;
    config::Config& wanted = attempt.wanted;
    if (wanted.backend.name == now.backend.name || wanted.backend.params == now.backend.params) {
        return;
    }
    attempt.report.waiting.push_back({"backend.params", "it is for another driver"});
    wanted.backend.params = now.backend.params;
}

/// They are read every time: the names of the files stay, what is in them does not.
bool Reload::read_lists(Attempt& attempt) {
    auto lists = read_access_lists(attempt.wanted.access);
    if (lists.has_error()) {
        return attempt.refuse(lists.error().text);
    }
    attempt.access = std::move(*lists);
    return true;
}

bool Reload::bind(Attempt& attempt) {
    const config::Config& wanted = attempt.wanted;
    Posts posts{.workers = worker_count(wanted), .http = {}, .udp = {}};
    for (const auto transport : {net::Transport::tcp, net::Transport::udp}) {
        const bool is_tcp = transport == net::Transport::tcp;
        auto places = places_of(transport, is_tcp ? wanted.http.addr : wanted.udp.addr, parts_.log);
        if (places.has_error()) {
            return attempt.refuse(places.error().text);
        }
        (is_tcp ? posts.http : posts.udp) = std::move(*places);
    }
    auto prepared = parts_.workers.prepare(std::move(posts));
    if (prepared.has_error()) {
        return attempt.refuse(prepared.error().text);
    }
    attempt.posts.emplace(std::move(*prepared));
    if (const auto bound = parts_.management.bind(wanted.management.addr); bound.has_error()) {
        return attempt.refuse(bound.error().text);
    }
    return true;
}

/// A driver that needs a new one of itself goes on with the parameters it has; one that cannot make
/// sense of them is the file's mistake.
bool Reload::ask_backend_driver(Attempt& attempt) {
    const config::Config& now = parts_.in_effect.config;
    const auto ask = [&](const config::Config& config) {
        Status status;
        parts_.control.run_on(
            [&] { status = parts_.backend.reconfigure(parts_.backend_setup(config)); });
        return status;
    };
    attempt.told_backend = true;
    const Status status = ask(attempt.wanted);
    if (status.ok()) {
        return true;
    }
    if (status.code != StatusCode::unsupported) {
        return attempt.refuse(std::string("backend.params: the driver refused them: ") +
                              status.reason);
    }
    if (attempt.wanted.backend.params == now.backend.params) {
        attempt.report.warnings.push_back(
            std::string("backend.params: the driver goes on as it is: ") + status.reason);
        return true;
    }
    attempt.report.waiting.push_back({"backend.params", status.reason});
    attempt.wanted.backend.params = now.backend.params;
    static_cast<void>(ask(attempt.wanted));
    return true;
}

Status Reload::reconfigure_tracker(const config::Config& config) {
    Status status;
    parts_.control.run_on(
        [&] { status = parts_.tracker.reconfigure(parts_.tracker_setup(config)); });
    return status;
}

/// Last of all that can fail, because another driver is not so easily undone.
bool Reload::ask_tracker_driver(Attempt& attempt) {
    const bool is_other = attempt.wanted.tracker.name != parts_.in_effect.config.tracker.name;
    const Status status =
        is_other ? Status{StatusCode::unsupported, ""} : reconfigure_tracker(attempt.wanted);
    if (status.ok()) {
        return true;
    }
    if (status.code != StatusCode::unsupported) {
        return attempt.refuse(std::string("tracker.params: the driver refused them: ") +
                              status.reason);
    }
    const auto switched = parts_.switch_driver(attempt.wanted);
    return switched.has_error() ? attempt.refuse(switched.error().text) : true;
}

void Reload::publish(Attempt& attempt) {
    const config::Config before = std::exchange(parts_.in_effect.config, std::move(attempt.wanted));
    InEffect& in_effect = parts_.in_effect;
    in_effect.adopt();
    in_effect.policy.protection.access = std::move(attempt.access);
    parts_.log.set_level(severity_of(in_effect.config.log.level));
    parts_.full_scrape.set_min_request_interval(
        static_cast<std::uint32_t>(in_effect.policy.min_interval.count()));
    const bool tells = before.http.max_connections != in_effect.config.http.max_connections;
    auto settings = worker_settings_of(in_effect, parts_.log, tells);
    const std::uint32_t wanted = attempt.posts->posts.workers;
    settings->cold_work = parts_.cold_work;
    settings->cold_work.full_scrape = in_effect.policy.full_scrape ? &parts_.full_scrape : nullptr;
    if (!parts_.workers.adopt(std::move(settings), std::move(*attempt.posts))) {
        attempt.report.warnings.push_back("workers: not all of " + std::to_string(wanted) +
                                          " could begin; the log says why");
    }
    parts_.site_view.adopt(in_effect.policy, in_effect.config.effective_peer_lifetime());
    if (before.client_whitelist != in_effect.config.client_whitelist) {
        publish_clients(attempt);
    }
    parts_.management.adopt(management_settings_of(in_effect.config));
}

/// What the configuration approved and approves no more is erased; what the site lists besides, it
/// lists again when it is read.
void Reload::publish_clients(Attempt& attempt) {
    const auto clients = client_records_of(parts_.in_effect.config);
    const auto before = std::exchange(parts_.in_effect.clients, clients);
    std::vector<PeerIdPrefix> gone;
    for (const ClientRecord& one : before) {
        const bool stays = std::ranges::any_of(clients, [&](const ClientRecord& other) {
            return other.prefix.size == one.prefix.size && other.prefix.bytes == one.prefix.bytes;
        });
        if (!stays) {
            gone.push_back(one.prefix);
        }
    }
    parts_.site_loader.keep(clients);
    Status status;
    parts_.control.run_on([&] { status = parts_.filling.adopt(clients); });
    if (status.ok() && !gone.empty()) {
        status = parts_.roster.erase_clients(gone);
    }
    if (!status.ok()) {
        attempt.report.warnings.push_back(
            std::string("client_whitelist: the tracker driver did not take it: ") + status.reason +
            "; reload again when it does");
        parts_.in_effect.config.client_whitelist.clear();  // so that the next reload tells it again
        parts_.in_effect.clients = before;
    }
}

}  // namespace chihaya::app
