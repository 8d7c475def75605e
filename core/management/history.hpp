#pragma once

/// @file history.hpp
/// `/history`: how busy the tracker has been, so that a page opened now shows the past.
///
/// Two rings of points: fine ones of the last quarter of an hour, coarse ones of the last day. A
/// point tells of the time since the point before it: rates per second, latencies of just those
/// requests, and gauges as they stood at its end.

#include "chihaya/tracker_driver.hpp"
#include "core/base/guarded.hpp"
#include "core/base/limits.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"
#include "core/metrics/snapshot.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::management {

/// The columns of a point, in their order; `history_names` has their names.
enum class Series : std::size_t {
    announces,  // per second, like all down to bytes_out
    announces_http,
    announces_udp,
    scrapes,
    refused,  // told what is wrong: the client's fault
    failed,   // told to come back: ours
    dropped,  // told nothing
    snatches,
    connections_new,
    bytes_in,
    bytes_out,
    p50,  // milliseconds
    p90,
    p99,
    connections,  // open
    swarms,
    seeders,
    leechers,
    ipv4,  // peers
    ipv6,
    resident,  // bytes
};

inline constexpr std::size_t series_count = static_cast<std::size_t>(Series::resident) + 1;
extern const std::array<const char*, series_count> history_names;

/// What was counted by a moment.
struct Reading {
    std::chrono::steady_clock::time_point moment;
    double unix_time = 0;                              // seconds
    std::array<std::uint64_t, series_count> counts{};  // of those series that are rates
    metrics::LatencyTotals latency;
    std::array<float, series_count> gauges{};  // NaN: not known; of those from connections on
};

/// Shape: `values` by Series, NaN where nothing is known
struct HistoryPoint {
    double unix_time = 0;
    std::array<float, series_count> values{};
};

/// What happened between two readings. A counter that began again counts from nothing: no rate is
/// below zero.
[[nodiscard]] HistoryPoint history_point(const Reading& before, const Reading& after);

/// Points at a steady step, the oldest of which give way.
/// Limits: `capacity` points
class HistoryRing {
public:
    HistoryRing(std::chrono::seconds step, std::size_t capacity)
        : step_(step), capacity_(capacity) {}

    /// Makes a point when its time has come. The first reading makes none: it is what the next is
    /// measured against.
    void take(const Reading& reading);

    /// The points after `unix_time`, oldest first, as JSON: `{"Step":2,"Names":["Time",…],
    /// "Points":[[…],…]}`, null where nothing is known.
    [[nodiscard]] std::string json_after(double unix_time) const;

private:
    std::chrono::seconds step_;
    std::size_t capacity_;
    std::optional<Reading> before_;
    std::vector<HistoryPoint> points_;  // a ring once it is full
    std::size_t oldest_ = 0;
};

/// Reads the counters every few seconds on a thread of its own, for as long as it lives.
/// Lifetime: `tracker` and what `counters` reads outlive it
class History {
public:
    History(std::function<metrics::Snapshot()> counters, TrackerDriver& tracker);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// `?span=day` asks for the coarse points; `?after=` for those later than a Unix time.
    /// Thread: any
    [[nodiscard]] Reply answer(const Target& target);

private:
    struct Rings {
        HistoryRing fine{limits::history_fine_step, limits::history_fine_points};
        HistoryRing coarse{limits::history_coarse_step, limits::history_coarse_points};
    };

    [[nodiscard]] Reading read() const;
    void take() noexcept;
    void run(const std::stop_token& stopping);

    std::function<metrics::Snapshot()> counters_;
    TrackerDriver& tracker_;
    Guarded<Rings> rings_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace chihaya::management
