#include "core/management/metrics_page.hpp"

#include "core/management/client_shares.hpp"
#include "core/management/driver_metrics.hpp"
#include "core/management/exposition.hpp"

#include <algorithm>
#include <string>

namespace chihaya::management {
namespace {

using metrics::Snapshot;

void add_requests(Exposition& out, const Snapshot& counters) {
    out.counter("chihaya_requests_total", "Requests by what became of them, each counted once.");
    metrics::for_each_request(counters.requests,
                              [&](const metrics::RequestKind& kind,
                                  const metrics::EndingLabels& labels, std::uint64_t count) {
                                  if (count != 0 || metrics::can_end(kind, labels.ending)) {
                                      out.add({{"front_end", metrics::name_of(kind.front_end)},
                                               {"family", metrics::name_of(kind.family)},
                                               {"action", metrics::name_of(kind.action)},
                                               {"outcome", metrics::name_of(labels.outcome)},
                                               {"reason", labels.reason}},
                                              count);
                                  }
                              });
    out.histogram("chihaya_request_duration_seconds",
                  "From reading a request to having its reply.");
    for (std::size_t front_end = 0; front_end < metrics::front_end_count; ++front_end) {
        for (std::size_t action = 0; action < metrics::action_count; ++action) {
            const metrics::RequestKind kind{.front_end = static_cast<metrics::FrontEnd>(front_end),
                                            .action = static_cast<metrics::Action>(action)};
            if (metrics::is_measured(kind)) {
                out.add({{"front_end", metrics::name_of(kind.front_end)},
                         {"action", metrics::name_of(kind.action)}},
                        counters.latency[front_end][action]);
            }
        }
    }
    out.counter("chihaya_udp_replies_lost_total",
                "UDP replies that the system did not take, of requests counted by their outcome.")
        .add({}, counters.udp_replies_lost);
}

void add_traffic(Exposition& out, const Snapshot& counters) {
    const auto add = [&](std::uint64_t metrics::TrafficTotals::*bytes) {
        for (std::size_t front_end = 0; front_end < metrics::front_end_count; ++front_end) {
            for (std::size_t family = 0; family < metrics::family_count; ++family) {
                out.add({{"front_end", metrics::front_end_names[front_end]},
                         {"family", metrics::family_names[family]}},
                        counters.traffic[front_end][family].*bytes);
            }
        }
    };
    out.counter("chihaya_received_bytes_total", "Bytes read from clients, without lower layers.");
    add(&metrics::TrafficTotals::received);
    out.counter("chihaya_transmitted_bytes_total", "Bytes of replies handed to the system.");
    add(&metrics::TrafficTotals::transmitted);
}

void add_connections(Exposition& out, const Snapshot& counters) {
    out.counter("chihaya_connections_total",
                "TCP connections: accepted, refused, or closed by the tracker before the client.");
    for (std::size_t family = 0; family < metrics::family_count; ++family) {
        for (const metrics::ArrivalLabels& labels : metrics::arrivals) {
            out.add({{"front_end", "http"},
                     {"family", metrics::family_names[family]},
                     {"outcome", labels.outcome},
                     {"reason", labels.reason}},
                    counters.connections[family][metrics::index_of(labels.arrival)]);
        }
    }
    // The two are not of one moment.
    const std::uint64_t idle = std::min(counters.connections_idle, counters.connections_open);
    out.gauge("chihaya_open_connections", "TCP connections that are open now.")
        .add({{"front_end", "http"}, {"state", "idle"}}, idle)
        .add({{"front_end", "http"}, {"state", "busy"}}, counters.connections_open - idle);
}

void add_peers(Exposition& out, const Snapshot& counters, const DriverReport& driver) {
    out.counter("chihaya_peer_changes_total", "What announces have changed about peers.");
    for (std::size_t family = 0; family < metrics::family_count; ++family) {
        const metrics::PeerTotals& peers = counters.peers[family];
        const std::string_view name = metrics::family_names[family];
        out.add({{"family", name}, {"change", "joined"}}, peers.joined)
            .add({{"family", name}, {"change", "left"}}, peers.left)
            .add({{"family", name}, {"change", "completed"}}, peers.completed)
            .add({{"family", name}, {"change", "seeder_joined"}}, peers.seeds_joined)
            .add({{"family", name}, {"change", "seeder_left"}}, peers.seeds_left);
    }
    if (const auto swarms = driver.find("swarms")) {
        out.gauge("chihaya_swarms", "Swarms with a peer, or registered.").add({}, *swarms);
    }
    if (const auto swarms = driver.find("registered_swarms")) {
        out.gauge("chihaya_registered_swarms", "Swarms of registered torrents.").add({}, *swarms);
    }
    out.gauge("chihaya_peers",
              "Peers in all swarms; family is 'any' where the driver does not "
              "tell them apart.");
    bool is_split = false;
    for (const std::string_view family : metrics::family_names) {
        const auto peers = driver.find("peers_" + std::string(family));
        const auto seeders = driver.find("seeders_" + std::string(family));
        if (peers && seeders) {
            is_split = true;
            out.add({{"family", family}, {"state", "seeder"}}, *seeders)
                .add({{"family", family}, {"state", "leecher"}}, std::max(0.0, *peers - *seeders));
        }
    }
    const auto seeders = driver.find("seeders");
    const auto leechers = driver.find("leechers");
    if (!is_split && seeders && leechers) {
        out.add({{"family", "any"}, {"state", "seeder"}}, *seeders)
            .add({{"family", "any"}, {"state", "leecher"}}, *leechers);
    }
}

void add_registry(Exposition& out, const logic::Roster::Sizes& roster) {
    out.gauge("chihaya_registry_records", "Records of the registry in this process.")
        .add({{"kind", "user"}}, std::uint64_t{roster.users})
        .add({{"kind", "torrent"}}, std::uint64_t{roster.torrents})
        .add({{"kind", "client"}}, std::uint64_t{roster.clients})
        .add({{"kind", "token"}}, std::uint64_t{roster.tokens});
}

void add_memory(Exposition& out, const Observation& seen) {
    out.gauge("chihaya_memory_bytes", "Memory by part, as far as it is known.")
        .add({{"part", "registry"}}, seen.roster_bytes)
        .add({{"part", "connections"}}, seen.counters.connection_bytes);
    if (const auto bytes = seen.tracker.find("memory_bytes")) {
        out.add({{"part", "tracker_driver"}}, *bytes);
    }
    if (const auto bytes = seen.backend.find("memory_bytes")) {
        out.add({{"part", "backend_driver"}}, *bytes);
    }
    if (const auto bytes = seen.tracker.find("memory_limit_bytes")) {
        out.gauge("chihaya_memory_limit_bytes", "What a part should stay below: limits.memory.")
            .add({{"part", "tracker_driver"}}, *bytes);
    }
}

void add_queues(Exposition& out, const Observation& seen) {
    out.gauge("chihaya_queue_length",
              "What waits: datagrams for the tracker driver, calls of the "
              "site for a thread, deltas for the site.")
        .add({{"queue", "udp_in_flight"}}, seen.counters.udp_in_flight)
        .add({{"queue", "control_calls"}}, std::uint64_t{seen.circumstances.control_calls});
    if (const auto deltas = seen.backend.find("spooled_deltas")) {
        out.add({{"queue", "backend_spool"}}, *deltas);
    }
}

double unix_seconds(Time moment) {
    return std::chrono::duration<double>(moment.time_since_epoch()).count();
}

void add_program(Exposition& out, const Observation& seen, const Settings& settings) {
    const Circumstances& now = seen.circumstances;
    out.gauge("chihaya_ready", "1 while clients may be sent here, as /ready says.")
        .add({}, seen.unready.empty() ? 1.0 : 0.0)
        .gauge("chihaya_build_info", "Always 1.")
        .add({{"version", settings.version},
              {"tracker_driver", settings.tracker_driver},
              {"backend_driver", settings.backend_driver}},
             1.0)
        .gauge("chihaya_start_time_seconds", "When the tracker started, in Unix time.")
        .add({}, unix_seconds(settings.started))
        .gauge("chihaya_uptime_seconds", "Since then.")
        .add({}, static_cast<double>(seen.uptime.count()))
        .gauge("chihaya_workers", "Threads that serve announces.")
        .add({}, seen.counters.workers)
        .counter("chihaya_configuration_reloads_total", "Reloads of the configuration.")
        .add({{"outcome", "successful"}}, now.reloads)
        .add({{"outcome", "refused"}}, now.reloads_refused)
        .gauge("chihaya_configuration_last_reload_timestamp_seconds",
               "When one last succeeded, in Unix time; 0: never.")
        .add({}, unix_seconds(now.last_reload))
        .gauge("chihaya_configuration_last_reload_successful", "1 unless the last was refused.")
        .add({}, now.last_reload_ok ? 1.0 : 0.0);
}

void add_clients(Exposition& out, const metrics::PopularityTotals& popularity) {
    out.gauge("chihaya_client_share_ratio",
              "Share of the announces of the last minutes by program, estimated from a sample.");
    for (const ClientShare& client : client_shares(popularity)) {
        out.add({{"client", client.name}}, client.share);
    }
}

void add_process(Exposition& out, const ProcessUse& process, Time started) {
    out.counter("process_cpu_seconds_total", "User and system CPU time.")
        .add({}, process.cpu_seconds)
        .gauge("process_start_time_seconds", "When the process started, in Unix time.")
        .add({}, unix_seconds(started));
    const auto add = [&](std::string_view name, std::string_view help,
                         std::optional<std::uint64_t> number) {
        if (number) {
            out.gauge(name, help).add({}, *number);
        }
    };
    add("process_resident_memory_bytes", "Memory that is in RAM.", process.resident_bytes);
    add("process_virtual_memory_bytes", "Memory that is mapped.", process.virtual_bytes);
    add("process_open_fds", "Open file descriptors.", process.open_files);
    add("process_max_fds", "Most file descriptors that may be open.", process.files_max);
}

}  // namespace

Reply metrics_reply(Observer& observer) {
    const Settings settings = observer.settings();
    const Observation seen = observer.observe();
    Exposition out;
    add_requests(out, seen.counters);
    add_traffic(out, seen.counters);
    add_connections(out, seen.counters);
    add_peers(out, seen.counters, seen.tracker);
    add_registry(out, seen.roster);
    add_memory(out, seen);
    add_queues(out, seen);
    add_clients(out, seen.popularity);
    add_drivers(out, seen, settings);
    add_program(out, seen, settings);
    add_process(out, seen.process, settings.started);
    return {.body = out.text(), .content_type = exposition_type};
}

}  // namespace chihaya::management
