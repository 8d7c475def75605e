#pragma once

/// @file counters.hpp
/// What a worker counts. Each worker has its own, cache lines apart, and writes them without
/// synchronisation costs; a reader sums them up.

#include <atomic>
#include <cstdint>

namespace chihaya::metrics {

/// A number one thread writes and any thread reads.
/// Cost: as a plain integer for the writer
class Count {
public:
    void operator++() noexcept { add(1); }
    void add(std::uint64_t amount) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// What happened to peers of one address family.
/// Source: Chihaya v1, `/stats`: Peers.IPv4 and Peers.IPv6
struct PeerCounts {
    Count joined;        // announced for the first time
    Count left;          // said `stopped`
    Count completed;     // snatches
    Count seeds_joined;  // joined as a seeder, or became one
    Count seeds_left;    // a seeder that said `stopped`, or became a leecher
};

/// The counters of one worker.
/// Lifetime: outlives the worker, so that a reader never has to ask whether it runs
struct alignas(64) WorkerCounters {
    Count announces;
    Count scrapes;
    Count requests;          // answered, whatever the answer
    Count requests_bad;      // the client's fault: refused with a failure or a 4xx
    Count requests_errored;  // ours: unavailable, internal
    Count connections_accepted;
    Count connections_open;
    Count connections_evicted;     // the oldest idle one made room
    Count connections_timed_out;   // head, idle or write time was over
    Count udp_connects;            // connection ids issued
    Count udp_bad_connection_ids;  // unknown or stale
    Count udp_dropped;             // datagrams that are no request, or cannot be answered
    Count udp_unanswered;          // no room for another request, or for its reply
    Count bytes_received;
    Count bytes_transmitted;    // handed to the system
    Count announces_refused;    // of `announces`: answered with a failure
    Count announces_malformed;  // not among `announces`
    PeerCounts ipv4;
    PeerCounts ipv6;
    // Time from reading a request to having its reply, as a histogram: bucket i holds those below
    // 2^i microseconds, the last one the rest.
    static constexpr unsigned latency_buckets = 24;
    Count latency[latency_buckets];
};

}  // namespace chihaya::metrics
