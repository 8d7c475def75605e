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

/// `WorkerCounters`, read, and added up over the workers that were shown to `add`.
struct Snapshot {
    std::uint64_t workers = 0;  // how many were added
    std::uint64_t announces = 0;
    std::uint64_t scrapes = 0;
    std::uint64_t requests = 0;
    std::uint64_t requests_bad = 0;
    std::uint64_t requests_errored = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_evicted = 0;
    std::uint64_t connections_timed_out = 0;
    std::uint64_t udp_connects = 0;
    std::uint64_t udp_bad_connection_ids = 0;
    std::uint64_t udp_dropped = 0;
    std::uint64_t udp_unanswered = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_transmitted = 0;
    std::uint64_t announces_refused = 0;
    std::uint64_t announces_malformed = 0;
    PeerTotals ipv4;
    PeerTotals ipv6;
    std::array<std::uint64_t, WorkerCounters::latency_buckets> latency{};

    /// Each number is right by itself; numbers that belong together may be a request apart.
    void add(const WorkerCounters& worker) noexcept;

    /// The time within which `share` (0 to 1) of the requests had their reply, read off the
    /// histogram: straight lines between the bounds of its buckets.
    /// Units: milliseconds; 0 when nothing was measured
    [[nodiscard]] double latency_below(double share) const noexcept;
};

}  // namespace chihaya::metrics
