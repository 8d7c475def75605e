#include "core/management/stats.hpp"

#include "core/management/json_fields.hpp"
#include "core/management/memory_use.hpp"

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

/// A driver's numbers, in its order.
class Report final : public MetricSink {
public:
    void gauge(const char* name, double value) noexcept override {
        add(name, [value] { return json(value); });
    }
    void counter(const char* name, std::uint64_t value) noexcept override {
        add(name, [value] { return json(value); });
    }

    [[nodiscard]] std::optional<std::uint64_t> find(const std::string& name) const {
        const auto found = std::ranges::find(numbers_, name, &config::Member::name);
        if (found == numbers_.end()) {
            return std::nullopt;
        }
        const double value = found->value.as<config::Number>()->value;
        return value > 0.0 ? static_cast<std::uint64_t>(value) : 0;
    }
    [[nodiscard]] const config::Object& numbers() const noexcept { return numbers_; }

private:
    template <class Make>
    void add(const char* name, Make make) noexcept {
        try {
            numbers_.push_back({name, make()});
        } catch (const std::bad_alloc&) {
            return;  // a number less on the page
        }
    }

    config::Object numbers_;
};

std::uint64_t minus(std::uint64_t left, std::uint64_t right) noexcept {
    return left > right ? left - right : 0;
}

/// v1's PeerClassStats. `kind` is "peers" or "seeders".
config::Value peer_class(const Report& report, const std::string& kind, const std::string& family,
                         std::pair<std::uint64_t, std::uint64_t> joined_left) {
    const auto [joined, left] = joined_left;
    const auto here = report.find(kind + '_' + family);
    const std::uint64_t reaped = here ? minus(joined, left + *here) : 0;
    const std::uint64_t current = here.value_or(minus(joined, left));
    config::Object shown;
    shown.push_back({"Current", json(current)});
    shown.push_back({"Joined", json(joined)});
    shown.push_back({"Left", json(left)});
    shown.push_back({"Reaped", json(reaped)});
    return json(std::move(shown));
}

/// v1's PeerStats.
config::Value peer_stats(const metrics::PeerTotals& totals, const Report& report,
                         const std::string& family) {
    config::Object shown;
    shown.push_back({"Peers", peer_class(report, "peers", family, {totals.joined, totals.left})});
    shown.push_back(
        {"Seeds", peer_class(report, "seeders", family, {totals.seeds_joined, totals.seeds_left})});
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
void add_swarms(config::Object& page, const metrics::Snapshot& counters, const Report& report) {
    page.push_back({"Torrents.Size", json(report.find("swarms").value_or(0))});
    page.push_back({"Torrents.Added", json(report.find("swarms_added").value_or(0))});
    page.push_back({"Torrents.Removed", json(report.find("swarms_removed").value_or(0))});
    page.push_back({"Torrents.Reaped", json(report.find("purged_swarms").value_or(0))});
    page.push_back(
        {"Peers.IPv4",
         peer_stats(counters.peers[metrics::index_of(metrics::Family::ipv4)], report, "ipv4")});
    page.push_back(
        {"Peers.IPv6",
         peer_stats(counters.peers[metrics::index_of(metrics::Family::ipv6)], report, "ipv6")});
    if (const auto memory = memory_use()) {
        config::Object shown;
        shown.push_back({"ResidentBytes", json(memory->resident_bytes)});
        shown.push_back({"VirtualBytes", json(memory->virtual_bytes)});
        page.push_back({"Memory", json(std::move(shown))});
    }
}

/// What v1 did not have.
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

void flatten(const config::Object& object, const std::string& prefix, config::Object& flat) {
    for (const config::Member& member : object) {
        const std::string name = prefix + member.name;
        if (const auto* const inner = member.value.as<config::Object>()) {
            flatten(*inner, name + '.', flat);
        } else {
            flat.push_back({name, member.value});
        }
    }
}

}  // namespace

Reply Stats::answer(const Target& target) const {
    const metrics::Snapshot counters = sources_.counters();
    Report tracker;
    Report backend;
    sources_.tracker.report(tracker);
    sources_.backend.report(backend);

    const auto uptime = std::chrono::floor<std::chrono::seconds>(Steady::now() - made_);
    config::Object page;
    page.push_back({"Started", json(time_text(sources_.started))});
    add_counters(page, counters);
    add_swarms(page, counters, tracker);
    add_ours(page, counters, sources_.roster.sizes());
    config::Object drivers;
    drivers.push_back({sources_.tracker_name, json(tracker.numbers())});
    if (sources_.backend_name != sources_.tracker_name) {
        drivers.push_back({sources_.backend_name, json(backend.numbers())});
    } else {  // one plugin of both kinds
        auto& both = std::get<config::Object>(drivers.front().value.content);
        both.insert(both.end(), backend.numbers().begin(), backend.numbers().end());
    }
    page.push_back({"Drivers", json(std::move(drivers))});
    page.push_back({"Version", json(sources_.version)});
    page.push_back({"UptimeSeconds", json(static_cast<std::uint64_t>(uptime.count()))});
    if (target.has("flatten")) {
        config::Object flat;
        flatten(page, "", flat);
        page = std::move(flat);
    }
    const auto layout = target.has("pretty") ? config::Layout::indented : config::Layout::compact;
    return json_reply(json(std::move(page)), layout);
}

}  // namespace chihaya::management
