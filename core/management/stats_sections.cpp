#include "core/management/stats_sections.hpp"

#include "core/management/client_shares.hpp"
#include "core/management/json_fields.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chihaya::management {
namespace {

using metrics::Snapshot;

config::Value word(std::string_view literal) {
    return json(std::string(literal));
}

config::Value requests(const Snapshot& counters) {
    config::List rows;
    metrics::for_each_request(
        counters.requests, [&](const metrics::RequestKind& kind,
                               const metrics::EndingLabels& labels, std::uint64_t count) {
            if (count == 0) {
                return;
            }
            config::Object row;
            row.push_back({"FrontEnd", word(metrics::name_of(kind.front_end))});
            row.push_back({"Family", word(metrics::name_of(kind.family))});
            row.push_back({"Action", word(metrics::name_of(kind.action))});
            row.push_back({"Outcome", word(metrics::name_of(labels.outcome))});
            row.push_back({"Reason", word(labels.reason)});
            row.push_back({"Count", json(count)});
            rows.push_back(json(std::move(row)));
        });
    return {std::move(rows)};
}

config::Value connections(const Snapshot& counters) {
    config::List rows;
    for (std::size_t family = 0; family < metrics::family_count; ++family) {
        for (const metrics::ArrivalLabels& labels : metrics::arrivals) {
            const std::uint64_t count =
                counters.connections[family][metrics::index_of(labels.arrival)];
            if (count != 0) {
                config::Object row;
                row.push_back({"Family", word(metrics::family_names[family])});
                row.push_back({"Outcome", word(labels.outcome)});
                row.push_back({"Reason", word(labels.reason)});
                row.push_back({"Count", json(count)});
                rows.push_back(json(std::move(row)));
            }
        }
    }
    return {std::move(rows)};
}

config::Value latency(const Snapshot& counters) {
    config::List rows;
    for (std::size_t front_end = 0; front_end < metrics::front_end_count; ++front_end) {
        for (std::size_t action = 0; action < metrics::action_count; ++action) {
            const metrics::LatencyTotals& measured = counters.latency[front_end][action];
            if (measured.count() == 0) {
                continue;
            }
            config::Object row;
            row.push_back({"FrontEnd", word(metrics::front_end_names[front_end])});
            row.push_back({"Action", word(metrics::action_names[action])});
            row.push_back({"Count", json(measured.count())});
            row.push_back({"Mean", json(measured.mean())});
            row.push_back({"P50", json(measured.below(0.50))});
            row.push_back({"P90", json(measured.below(0.90))});
            row.push_back({"P99", json(measured.below(0.99))});
            row.push_back({"P999", json(measured.below(0.999))});
            rows.push_back(json(std::move(row)));
        }
    }
    return {std::move(rows)};
}

config::Value rates(const Rates& rates) {
    config::Object shown;
    shown.push_back({"Seconds", json(rates.seconds)});
    shown.push_back({"Announces", json(rates.announces)});
    shown.push_back({"Scrapes", json(rates.scrapes)});
    shown.push_back({"Requests", json(rates.handled)});
    shown.push_back({"Dropped", json(rates.dropped)});
    shown.push_back({"BytesReceived", json(rates.received)});
    shown.push_back({"BytesTransmitted", json(rates.transmitted)});
    return json(std::move(shown));
}

void add_known(config::Object& shown, const char* name, std::optional<std::uint64_t> number) {
    if (number) {
        shown.push_back({name, json(*number)});
    }
}

config::Value swarms(const DriverReport& report) {
    config::Object shown;
    const auto add = [&](const char* name, const char* reported) {
        add_known(shown, name, report.find_whole(reported));
    };
    add("Swarms", "swarms");
    add("Registered", "registered_swarms");
    add("Peers", "peers");
    add("Seeders", "seeders");
    add("Leechers", "leechers");
    for (const auto& [family, peers, seeders] :
         {std::array{"IPv4", "peers_ipv4", "seeders_ipv4"},
          std::array{"IPv6", "peers_ipv6", "seeders_ipv6"}}) {
        const auto all = report.find_whole(peers);
        const auto seed = report.find_whole(seeders);
        if (all && seed) {
            shown.push_back({std::string("Seeders") + family, json(*seed)});
            shown.push_back({std::string("Leechers") + family, json(*all - std::min(*all, *seed))});
        }
    }
    return json(std::move(shown));
}

config::Value clients(const metrics::PopularityTotals& popularity) {
    config::List shares;
    for (const ClientShare& client : client_shares(popularity)) {
        config::List versions;
        for (const VersionShare& one : client.versions) {
            config::Object version;
            version.push_back({"Version", json(one.version)});
            version.push_back({"Share", json(one.share)});
            versions.push_back(json(std::move(version)));
        }
        config::Object row;
        row.push_back({"Name", word(client.name)});
        row.push_back({"Share", json(client.share)});
        row.push_back({"Versions", {std::move(versions)}});
        shares.push_back(json(std::move(row)));
    }
    config::Object shown;
    shown.push_back({"Seconds", json(static_cast<std::uint64_t>(popularity.span.count()))});
    shown.push_back({"Announces", json(popularity.announces)});
    shown.push_back({"Shares", {std::move(shares)}});
    return json(std::move(shown));
}

config::Value driver_health(const std::string& name, bool ok, const std::string& reason) {
    config::Object shown;
    shown.push_back({"Name", json(name)});
    shown.push_back({"OK", json(ok)});
    shown.push_back({"Reason", json(reason)});
    return json(std::move(shown));
}

config::Value health(const Observation& seen, const Settings& settings) {
    config::List reasons;
    for (const std::string& reason : seen.unready) {
        reasons.push_back(json(reason));
    }
    const DriverHealth& health = seen.health;
    config::Object shown;
    shown.push_back({"Ready", json(seen.unready.empty())});
    shown.push_back({"Reasons", {std::move(reasons)}});
    shown.push_back({"Tracker", driver_health(settings.tracker_driver, health.tracker_ok,
                                              health.tracker_reason)});
    shown.push_back({"Backend", driver_health(settings.backend_driver, health.backend_ok,
                                              health.backend_reason)});
    return json(std::move(shown));
}

config::Value queues(const Observation& seen) {
    config::Object shown;
    shown.push_back({"UDPInFlight", json(seen.counters.udp_in_flight)});
    shown.push_back({"ControlCalls", json(std::uint64_t{seen.circumstances.control_calls})});
    add_known(shown, "SpooledDeltas", seen.backend.find_whole("spooled_deltas"));
    return json(std::move(shown));
}

config::Value memory(const Observation& seen) {
    config::Object shown;
    add_known(shown, "ResidentBytes", seen.process.resident_bytes);
    add_known(shown, "VirtualBytes", seen.process.virtual_bytes);
    add_known(shown, "TrackerDriverBytes", seen.tracker.find_whole("memory_bytes"));
    add_known(shown, "BackendDriverBytes", seen.backend.find_whole("memory_bytes"));
    shown.push_back({"RosterBytes", json(seen.roster_bytes)});
    shown.push_back({"ConnectionBytes", json(seen.counters.connection_bytes)});
    return json(std::move(shown));
}

std::uint64_t unix_seconds(Time moment) {
    return static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(moment.time_since_epoch()).count());
}

config::Value process(const Observation& seen, const Settings& settings) {
    config::Object shown;
    shown.push_back({"CPUSeconds", json(seen.process.cpu_seconds)});
    add_known(shown, "OpenFiles", seen.process.open_files);
    add_known(shown, "MaxFiles", seen.process.files_max);
    shown.push_back({"Started", json(unix_seconds(settings.started))});
    return json(std::move(shown));
}

config::Value reloads(const Circumstances& circumstances) {
    config::Object shown;
    shown.push_back({"Successful", json(circumstances.reloads)});
    shown.push_back({"Refused", json(circumstances.reloads_refused)});
    shown.push_back({"LastTime", json(unix_seconds(circumstances.last_reload))});
    shown.push_back({"LastOK", json(circumstances.last_reload_ok)});
    return json(std::move(shown));
}

}  // namespace

void add_sections(config::Object& page, const Observation& seen, const Settings& settings) {
    page.push_back({"Memory", memory(seen)});
    page.push_back({"Connections.Idle", json(seen.counters.connections_idle)});
    page.push_back({"Requests", requests(seen.counters)});
    page.push_back({"Connections", connections(seen.counters)});
    page.push_back({"Latency", latency(seen.counters)});
    page.push_back({"Rates", rates(seen.rates)});
    page.push_back({"Swarms", swarms(seen.tracker)});
    page.push_back({"Clients", clients(seen.popularity)});
    page.push_back({"Health", health(seen, settings)});
    page.push_back({"Queues", queues(seen)});
    page.push_back({"Process", process(seen, settings)});
    page.push_back({"Reloads", reloads(seen.circumstances)});
}

}  // namespace chihaya::management
