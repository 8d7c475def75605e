#include "core/management/stats.hpp"

#include "core/management/json_fields.hpp"
#include "core/management/stats_sections.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::management {
namespace {

std::uint64_t minus(std::uint64_t left, std::uint64_t right) noexcept {
    return left > right ? left - right : 0;
}

struct Movements {
    std::uint64_t found = 0;  // there before anybody joined
    std::uint64_t joined = 0;
    std::uint64_t left = 0;
};

/// v1's PeerClassStats. `here`: as many as the driver says.
config::Value peer_class(std::optional<std::uint64_t> here, const Movements& of) {
    const std::uint64_t reaped = here ? minus(of.found + of.joined, of.left + *here) : 0;
    const std::uint64_t current = here.value_or(minus(of.joined, of.left));
    config::Object shown;
    shown.push_back({"Current", json(current)});
    shown.push_back({"Joined", json(of.joined)});
    shown.push_back({"Left", json(of.left)});
    shown.push_back({"Reaped", json(reaped)});
    return json(std::move(shown));
}

/// v1's PeerStats.
config::Value peer_stats(const Observation& seen, metrics::Family family) {
    const metrics::PeerTotals& totals = seen.counters.peers[metrics::index_of(family)];
    const PeersFound& found = seen.found[metrics::index_of(family)];
    const std::string name(metrics::name_of(family));
    config::Object shown;
    shown.push_back({"Peers", peer_class(seen.tracker.find_whole("peers_" + name),
                                         {found.peers, totals.joined, totals.left})});
    shown.push_back({"Seeds", peer_class(seen.tracker.find_whole("seeders_" + name),
                                         {found.seeders, totals.seeds_joined, totals.seeds_left})});
    shown.push_back({"Completed", json(totals.completed)});
    return json(std::move(shown));
}

/// "2026-01-31T12:00:00Z"
std::string time_text(Time moment) {
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(moment - day));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()},
                  unsigned{date.month()}, unsigned{date.day()},
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

/// v1's fields that are counted by workers.
void add_counters(config::Object& page, const metrics::Snapshot& counters) {
    page.push_back({"Connections.Open", json(counters.connections_open)});
    page.push_back({"Connections.Accepted", json(counters.arrived(metrics::Arrival::accepted))});
    page.push_back({"BytesTransmitted", json(counters.bytes_transmitted())});
    page.push_back({"Requests.Handled", json(counters.handled())});
    page.push_back({"Requests.Errored", json(counters.errored())});
    page.push_back({"Requests.Bad", json(counters.bad())});
    const metrics::LatencyTotals latency = counters.all_latency();
    config::Object times;
    times.push_back({"P50", json(latency.below(0.50))});
    times.push_back({"P90", json(latency.below(0.90))});
    times.push_back({"P95", json(latency.below(0.95))});
    page.push_back({"ResponseTime", json(std::move(times))});
    page.push_back({"Tracker.Announces", json(counters.announces())});
    page.push_back({"Tracker.Scrapes", json(counters.scrapes())});
}

/// v1's fields that the tracker driver knows.
void add_swarms(config::Object& page, const Observation& seen) {
    const DriverReport& report = seen.tracker;
    page.push_back({"Torrents.Size", json(report.find_whole("swarms").value_or(0))});
    page.push_back({"Torrents.Added", json(report.find_whole("swarms_added").value_or(0))});
    page.push_back({"Torrents.Removed", json(report.find_whole("swarms_removed").value_or(0))});
    page.push_back({"Torrents.Reaped", json(report.find_whole("purged_swarms").value_or(0))});
    page.push_back({"Peers.IPv4", peer_stats(seen, metrics::Family::ipv4)});
    page.push_back({"Peers.IPv6", peer_stats(seen, metrics::Family::ipv6)});
}

/// What v1 did not have, and is one number.
void add_ours(config::Object& page, const metrics::Snapshot& counters,
              const logic::Roster::Sizes& sizes) {
    page.push_back({"BytesReceived", json(counters.bytes_received())});
    page.push_back({"Connections.Evicted", json(counters.arrived(metrics::Arrival::evicted))});
    page.push_back({"Connections.TimedOut", json(counters.arrived(metrics::Arrival::timed_out))});
    page.push_back({"UDP.Connects", json(counters.udp_connects())});
    page.push_back(
        {"UDP.BadConnectionIDs", json(counters.ended(metrics::Ending::bad_connection_id) +
                                      counters.ended(metrics::Ending::bad_connection_id_dropped))});
    page.push_back({"UDP.Dropped", json(counters.ended(metrics::Ending::garbage) +
                                        counters.ended(metrics::Ending::unanswerable))});
    page.push_back({"UDP.Unanswered",
                    json(counters.ended(metrics::Ending::no_room) + counters.udp_replies_lost)});
    page.push_back({"Workers", json(counters.workers)});
    config::Object roster;
    roster.push_back({"Users", json(std::uint64_t{sizes.users})});
    roster.push_back({"Torrents", json(std::uint64_t{sizes.torrents})});
    roster.push_back({"Clients", json(std::uint64_t{sizes.clients})});
    roster.push_back({"Tokens", json(std::uint64_t{sizes.tokens})});
    page.push_back({"Roster", json(std::move(roster))});
}

void flatten(const std::string& name, const config::Value& value, config::Object& flat) {
    if (const auto* const object = value.as<config::Object>()) {
        for (const config::Member& member : *object) {
            flatten(name.empty() ? member.name : name + '.' + member.name, member.value, flat);
        }
    } else if (const auto* const list = value.as<config::List>()) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            flatten(name + '.' + std::to_string(i), (*list)[i], flat);
        }
    } else {
        flat.push_back({name, value});
    }
}

config::Object numbers(const DriverReport& report) {
    config::Object shown;
    for (const DriverReport::Entry& entry : report.entries()) {
        shown.push_back({entry.name, entry.is_counter ? json(entry.whole) : json(entry.value)});
    }
    return shown;
}

config::Value drivers(const Observation& seen, const Settings& settings) {
    config::Object shown;
    shown.push_back({settings.tracker_driver, json(numbers(seen.tracker))});
    config::Object backend = numbers(seen.backend);
    if (settings.backend_driver != settings.tracker_driver) {
        shown.push_back({settings.backend_driver, json(std::move(backend))});
    } else {  // one plugin of both kinds
        auto& both = std::get<config::Object>(shown.front().value.content);
        both.insert(both.end(), backend.begin(), backend.end());
    }
    return json(std::move(shown));
}

}  // namespace

Reply stats_reply(Observer& observer, const Target& target) {
    const Settings settings = observer.settings();
    const Observation seen = observer.observe();
    config::Object page;
    page.push_back({"Started", json(time_text(settings.started))});
    add_counters(page, seen.counters);
    add_swarms(page, seen);
    add_ours(page, seen.counters, seen.roster);
    add_sections(page, seen, settings);
    page.push_back({"Drivers", drivers(seen, settings)});
    page.push_back({"Version", json(settings.version)});
    page.push_back({"UptimeSeconds", json(static_cast<std::uint64_t>(seen.uptime.count()))});
    if (target.has("flatten")) {
        config::Object flat;
        flatten("", json(std::move(page)), flat);
        page = std::move(flat);
    }
    const auto layout = target.has("pretty") ? config::Layout::indented : config::Layout::compact;
    return json_reply(json(std::move(page)), layout);
}

}  // namespace chihaya::management
