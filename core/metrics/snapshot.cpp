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

void add_latency(LatencyTotals& totals, const Latency& latency) noexcept {
    for (std::size_t i = 0; i < Latency::bucket_count; ++i) {
        totals.buckets[i] += latency.buckets[i].read();
    }
    totals.microseconds += latency.microseconds.read();
}

/// The upper bound of a bucket of the histogram. Units: milliseconds
double bucket_end(std::size_t bucket) noexcept {
    return static_cast<double>(std::uint64_t{1} << bucket) / 1000.0;
}

/// The sum of the cells that `is_meant(kind, labels)`.
template <class IsMeant>
std::uint64_t sum_of(const Snapshot& snapshot, IsMeant is_meant) noexcept {
    std::uint64_t sum = 0;
    for_each_request(snapshot.requests,
                     [&](const RequestKind& kind, const EndingLabels& labels, std::uint64_t count) {
                         sum += is_meant(kind, labels) ? count : 0;
                     });
    return sum;
}

bool is_answered(const EndingLabels& labels) noexcept {
    return labels.outcome != Outcome::dropped;
}

}  // namespace

void Snapshot::add(const WorkerCounters& worker) noexcept {
    ++workers;
    for (std::size_t i = 0; i < requests.cells().size(); ++i) {
        requests.cells()[i] += worker.requests.cells()[i].read();
    }
    for (std::size_t family = 0; family < family_count; ++family) {
        for (std::size_t arrival = 0; arrival < arrival_count; ++arrival) {
            connections[family][arrival] += worker.connections[family][arrival].read();
        }
        add_peers(peers[family], worker.peers[family]);
    }
    for (std::size_t front_end = 0; front_end < front_end_count; ++front_end) {
        for (std::size_t action = 0; action < action_count; ++action) {
            add_latency(latency[front_end][action], worker.latency[front_end][action]);
        }
        for (std::size_t family = 0; family < family_count; ++family) {
            const Traffic& from = worker.traffic[front_end][family];
            traffic[front_end][family].received += from.received.read();
            traffic[front_end][family].transmitted += from.transmitted.read();
        }
    }
    udp_replies_lost += worker.udp_replies_lost.read();
    connections_open += worker.connections_open.read();
    connections_idle += worker.connections_idle.read();
    connection_bytes += worker.connection_bytes.read();
    udp_in_flight += worker.udp_in_flight.read();
}

std::uint64_t Snapshot::handled() const noexcept {
    const std::uint64_t answered = sum_of(
        *this, [](const RequestKind&, const EndingLabels& labels) { return is_answered(labels); });
    return answered - std::min(answered, udp_replies_lost);
}

std::uint64_t Snapshot::bad() const noexcept {
    return sum_of(*this, [](const RequestKind&, const EndingLabels& labels) {
        return labels.outcome == Outcome::refused && labels.ending != Ending::bad_connection_id;
    });
}

std::uint64_t Snapshot::errored() const noexcept {
    return sum_of(*this, [](const RequestKind&, const EndingLabels& labels) {
        return labels.outcome == Outcome::failed;
    });
}

std::uint64_t Snapshot::dropped() const noexcept {
    return udp_replies_lost + sum_of(*this, [](const RequestKind&, const EndingLabels& labels) {
               return !is_answered(labels);
           });
}

std::uint64_t Snapshot::announces() const noexcept {
    return sum_of(*this, [](const RequestKind& kind, const EndingLabels& labels) {
        return kind.action == Action::announce && is_answered(labels) &&
               labels.ending != Ending::malformed && labels.ending != Ending::bad_connection_id;
    });
}

std::uint64_t Snapshot::scrapes() const noexcept {
    return sum_of(*this, [](const RequestKind& kind, const EndingLabels& labels) {
        return kind.action == Action::scrape && is_answered(labels) &&
               labels.ending != Ending::malformed && labels.ending != Ending::bad_connection_id;
    });
}

std::uint64_t Snapshot::announces_answered() const noexcept {
    return sum_of(*this, [](const RequestKind& kind, const EndingLabels& labels) {
        return kind.action == Action::announce && labels.ending == Ending::ok;
    });
}

std::uint64_t Snapshot::announces_failed() const noexcept {
    return announces() - announces_answered() +
           sum_of(*this, [](const RequestKind& kind, const EndingLabels& labels) {
               return kind.action == Action::announce && labels.ending == Ending::malformed;
           });
}

std::uint64_t Snapshot::udp_connects() const noexcept {
    return sum_of(*this, [](const RequestKind& kind, const EndingLabels& labels) {
        return kind.action == Action::connect && labels.ending == Ending::ok;
    });
}

std::uint64_t Snapshot::ended(Ending ending) const noexcept {
    return sum_of(*this, [ending](const RequestKind&, const EndingLabels& labels) {
        return labels.ending == ending;
    });
}

std::uint64_t Snapshot::arrived(Arrival arrival) const noexcept {
    std::uint64_t sum = 0;
    for (const auto& family : connections) {
        sum += family[index_of(arrival)];
    }
    return sum;
}

std::uint64_t Snapshot::bytes_received() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& front_end : traffic) {
        for (const TrafficTotals& family : front_end) {
            sum += family.received;
        }
    }
    return sum;
}

std::uint64_t Snapshot::bytes_transmitted() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& front_end : traffic) {
        for (const TrafficTotals& family : front_end) {
            sum += family.transmitted;
        }
    }
    return sum;
}

LatencyTotals Snapshot::all_latency() const noexcept {
    LatencyTotals all;
    for (const auto& front_end : latency) {
        for (const LatencyTotals& action : front_end) {
            all.add(action);
        }
    }
    return all;
}

void LatencyTotals::add(const LatencyTotals& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        buckets[i] += other.buckets[i];
    }
    microseconds += other.microseconds;
}

std::uint64_t LatencyTotals::count() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

double LatencyTotals::mean() const noexcept {
    const std::uint64_t all = count();
    return all == 0 ? 0.0 : static_cast<double>(microseconds) / 1000.0 / static_cast<double>(all);
}

double LatencyTotals::below(double share) const noexcept {
    const std::uint64_t all = count();
    if (all == 0) {
        return 0.0;
    }
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(all);
    double before = 0.0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        const auto here = static_cast<double>(buckets[i]);
        if (here > 0.0 && before + here >= wanted) {
            const double begin = i == 0 ? 0.0 : bucket_end(i - 1);
            return begin + (bucket_end(i) - begin) * (wanted - before) / here;
        }
        before += here;
    }
    return bucket_end(buckets.size() - 1);
}

}  // namespace chihaya::metrics
