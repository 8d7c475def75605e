#pragma once

/// @file snapshot.hpp
/// The counters of all workers, summed up at one moment: plain numbers for a page to show.

#include "core/metrics/counters.hpp"

#include <array>
#include <cstdint>

namespace chihaya::metrics {

/// `PeerCounts`, read.
struct PeerTotals {
    std::uint64_t joined = 0;
    std::uint64_t left = 0;
    std::uint64_t completed = 0;
    std::uint64_t seeds_joined = 0;
    std::uint64_t seeds_left = 0;
};

/// `Traffic`, read.
struct TrafficTotals {
    std::uint64_t received = 0;
    std::uint64_t transmitted = 0;
};

/// `Latency`, read.
struct LatencyTotals {
    std::array<std::uint64_t, Latency::bucket_count> buckets{};
    std::uint64_t microseconds = 0;

    void add(const LatencyTotals& other) noexcept;

    /// How many were measured.
    [[nodiscard]] std::uint64_t count() const noexcept;

    /// The time within which `share` (0 to 1) of the requests had their reply, read off the
    /// histogram: straight lines between the bounds of its buckets.
    /// Units: milliseconds; 0 when nothing was measured
    [[nodiscard]] double below(double share) const noexcept;

    /// Units: milliseconds; 0 when nothing was measured
    [[nodiscard]] double mean() const noexcept;
};

/// `WorkerCounters`, read, and added up over the workers that were shown to `add`.
struct Snapshot {
    std::uint64_t workers = 0;  // how many were added
    RequestTable<std::uint64_t> requests;
    std::array<std::array<LatencyTotals, action_count>, front_end_count> latency{};
    std::array<std::array<std::uint64_t, arrival_count>, family_count> connections{};
    ByOrigin<TrafficTotals> traffic{};
    std::array<PeerTotals, family_count> peers{};
    std::uint64_t udp_replies_lost = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_idle = 0;
    std::uint64_t connection_bytes = 0;
    std::uint64_t udp_in_flight = 0;

    /// Each number is right by itself; numbers that belong together may be a request apart.
    void add(const WorkerCounters& worker) noexcept;

    // Sums, as v1 and the site's pages want them.

    /// Answered, whatever the answer.
    [[nodiscard]] std::uint64_t handled() const noexcept;
    /// The client's fault: refused with a failure or a 4xx. Ids of UDP that are too old are no
    /// fault.
    [[nodiscard]] std::uint64_t bad() const noexcept;
    /// Ours: told to come back.
    [[nodiscard]] std::uint64_t errored() const noexcept;
    /// Not answered: no request, no room for it, or the system did not take the reply.
    [[nodiscard]] std::uint64_t dropped() const noexcept;
    /// Those that were well-formed, whatever the answer.
    [[nodiscard]] std::uint64_t announces() const noexcept;
    [[nodiscard]] std::uint64_t scrapes() const noexcept;
    /// Answered with peers.
    [[nodiscard]] std::uint64_t announces_answered() const noexcept;
    /// Answered with a failure, malformed ones included.
    [[nodiscard]] std::uint64_t announces_failed() const noexcept;
    /// Connection ids issued.
    [[nodiscard]] std::uint64_t udp_connects() const noexcept;
    /// Of requests that ended so, however they came in.
    [[nodiscard]] std::uint64_t ended(Ending ending) const noexcept;
    [[nodiscard]] std::uint64_t arrived(Arrival arrival) const noexcept;
    [[nodiscard]] std::uint64_t bytes_received() const noexcept;
    [[nodiscard]] std::uint64_t bytes_transmitted() const noexcept;
    /// Of all requests together.
    [[nodiscard]] LatencyTotals all_latency() const noexcept;
};

/// Calls `use(kind)` for every kind of request, in the order of the labels.
template <class Use>
void for_each_kind(Use use) {
    for (std::size_t front_end = 0; front_end < front_end_count; ++front_end) {
        for (std::size_t family = 0; family < family_count; ++family) {
            for (std::size_t action = 0; action < action_count; ++action) {
                use(RequestKind{.front_end = static_cast<FrontEnd>(front_end),
                                .family = static_cast<Family>(family),
                                .action = static_cast<Action>(action)});
            }
        }
    }
}

/// Calls `use(kind, ending, count)` for every cell of a table, likewise.
template <class Cell, class Use>
void for_each_request(const RequestTable<Cell>& table, Use use) {
    for_each_kind([&](const RequestKind& kind) {
        for (const EndingLabels& labels : endings) {
            use(kind, labels, table.at(kind, labels.ending));
        }
    });
}

}  // namespace chihaya::metrics
