#include "core/metrics/snapshot.hpp"

#include <algorithm>
#include <numeric>

namespace chihaya::metrics {
namespace {

void add_peers(PeerTotals& totals, const PeerCounts& counts) noexcept {
    totals.joined += counts.joined.read();
    totals.left += counts.left.read();
    totals.completed += counts.completed.read();
    totals.seeds_joined += counts.seeds_joined.read();
    totals.seeds_left += counts.seeds_left.read();
}

/// The upper bound of a bucket of the histogram. Units: milliseconds
double bucket_end(unsigned bucket) noexcept {
    return static_cast<double>(std::uint64_t{1} << bucket) / 1000.0;
}

}  // namespace

void Snapshot::add(const WorkerCounters& worker) noexcept {
    ++workers;
    announces += worker.announces.read();
    scrapes += worker.scrapes.read();
    requests += worker.requests.read();
    requests_bad += worker.requests_bad.read();
    requests_errored += worker.requests_errored.read();
    connections_accepted += worker.connections_accepted.read();
    connections_open += worker.connections_open.read();
    connections_evicted += worker.connections_evicted.read();
    connections_timed_out += worker.connections_timed_out.read();
    udp_connects += worker.udp_connects.read();
    udp_bad_connection_ids += worker.udp_bad_connection_ids.read();
    udp_dropped += worker.udp_dropped.read();
    udp_unanswered += worker.udp_unanswered.read();
    bytes_received += worker.bytes_received.read();
    bytes_transmitted += worker.bytes_transmitted.read();
    announces_refused += worker.announces_refused.read();
    announces_malformed += worker.announces_malformed.read();
    add_peers(ipv4, worker.ipv4);
    add_peers(ipv6, worker.ipv6);
    for (unsigned i = 0; i < WorkerCounters::latency_buckets; ++i) {
        latency[i] += worker.latency[i].read();
    }
}

double Snapshot::latency_below(double share) const noexcept {
    const auto all = std::accumulate(latency.begin(), latency.end(), std::uint64_t{0});
    if (all == 0) {
        return 0.0;
    }
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(all);
    double before = 0.0;
    for (unsigned i = 0; i < WorkerCounters::latency_buckets; ++i) {
        const auto here = static_cast<double>(latency[i]);
        if (here > 0.0 && before + here >= wanted) {
            const double begin = i == 0 ? 0.0 : bucket_end(i - 1);
            return begin + (bucket_end(i) - begin) * (wanted - before) / here;
        }
        before += here;
    }
    return bucket_end(WorkerCounters::latency_buckets - 1);
}

}  // namespace chihaya::metrics
