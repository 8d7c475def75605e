#pragma once

/// @file counters.hpp
/// What a worker counts. Each worker has its own, cache lines apart, and writes them without
/// synchronisation costs; a reader sums them up (snapshot.hpp).

#include "core/metrics/labels.hpp"
#include "core/metrics/popularity.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::metrics {

/// A number one thread writes and any thread reads.
/// Cost: as a plain integer for the writer
class Count {
public:
    void operator++() noexcept { add(1); }
    void add(std::uint64_t amount) noexcept { set(read() + amount); }
    void subtract(std::uint64_t amount) noexcept { set(read() - amount); }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// A number for each kind of request and each way it can end. Cell: Count, or a plain number.
template <class Cell>
class RequestTable {
public:
    [[nodiscard]] Cell& at(const RequestKind& kind, Ending ending) noexcept {
        return cells_[place(kind, ending)];
    }
    [[nodiscard]] const Cell& at(const RequestKind& kind, Ending ending) const noexcept {
        return cells_[place(kind, ending)];
    }
    /// A request has ended.
    void count(const RequestKind& kind, Ending ending) noexcept { ++at(kind, ending); }

    /// All cells, in an order of their own.
    [[nodiscard]] auto& cells() noexcept { return cells_; }
    [[nodiscard]] const auto& cells() const noexcept { return cells_; }

private:
    [[nodiscard]] static constexpr std::size_t place(const RequestKind& kind,
                                                     Ending ending) noexcept {
        const std::size_t origin = index_of(kind.front_end) * family_count + index_of(kind.family);
        return (origin * action_count + index_of(kind.action)) * ending_count + index_of(ending);
    }

    std::array<Cell, front_end_count * family_count * action_count * ending_count> cells_{};
};

/// How long requests took, as a histogram: bucket i holds those below 2^i microseconds, the last
/// one the rest.
struct Latency {
    static constexpr std::size_t bucket_count = 24;

    void measure(std::chrono::steady_clock::duration passed) noexcept {
        const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
        const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 0));
        ++buckets[std::min(static_cast<std::size_t>(std::bit_width(time)), bucket_count - 1)];
        microseconds.add(time);
    }

    std::array<Count, bucket_count> buckets;
    Count microseconds;  // all of them together
};

/// Bytes of one front end and family.
struct Traffic {
    Count received;
    Count transmitted;  // handed to the system
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

/// Something for each front end and family.
template <class Each>
using ByOrigin = std::array<std::array<Each, family_count>, front_end_count>;

/// The counters of one worker. Requests are counted once, when it is known how they end.
/// Lifetime: outlives the worker, so that a reader never has to ask whether it runs
struct alignas(64) WorkerCounters {
    RequestTable<Count> requests;
    // From reading a request to having its reply; of what is answered at once there is none.
    std::array<std::array<Latency, action_count>, front_end_count> latency;
    std::array<std::array<Count, arrival_count>, family_count> connections;
    ByOrigin<Traffic> traffic;
    std::array<PeerCounts, family_count> peers;
    Count udp_replies_lost;  // the system would not take them; the request was counted as it ended

    // As it is now.
    Count connections_open;
    Count connections_idle;  // of those: wait for the first byte of a request
    Count connection_bytes;  // of memory, for connections and requests in flight, used or kept
    Count udp_in_flight;     // wait for the tracker driver

    Popularity popularity;

    [[nodiscard]] Latency& latency_of(FrontEnd front_end, Action action) noexcept {
        return latency[index_of(front_end)][index_of(action)];
    }
    [[nodiscard]] Count& connections_of(Family family, Arrival arrival) noexcept {
        return connections[index_of(family)][index_of(arrival)];
    }
    [[nodiscard]] Traffic& traffic_of(FrontEnd front_end, Family family) noexcept {
        return traffic[index_of(front_end)][index_of(family)];
    }
    [[nodiscard]] PeerCounts& peers_of(Family family) noexcept { return peers[index_of(family)]; }
};

}  // namespace chihaya::metrics
