#pragma once

/// @file observer.hpp
/// Everything that the pages about the tracker show, looked up once for each of them.

#include "core/base/guarded.hpp"
#include "core/logic/roster.hpp"
#include "core/management/driver_report.hpp"
#include "core/management/health.hpp"
#include "core/management/process_use.hpp"
#include "core/management/server.hpp"
#include "core/metrics/popularity.hpp"
#include "core/metrics/snapshot.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::management {

/// What was counted by a moment, for rates.
struct RateBase {
    std::chrono::steady_clock::time_point at{};
    std::uint64_t announces = 0;
    std::uint64_t scrapes = 0;
    std::uint64_t handled = 0;
    std::uint64_t dropped = 0;
    std::uint64_t received = 0;
    std::uint64_t transmitted = 0;
};

/// A second, over the last `seconds`; all 0 while there is nothing to compare with.
struct Rates {
    double seconds = 0.0;
    double announces = 0.0;
    double scrapes = 0.0;
    double handled = 0.0;
    double dropped = 0.0;
    double received = 0.0;
    double transmitted = 0.0;
};

/// Peers that nobody here has seen join: they were restored, or handed over.
struct PeersFound {
    std::uint64_t peers = 0;
    std::uint64_t seeders = 0;
};

struct Observation {
    metrics::Snapshot counters;
    std::array<PeersFound, metrics::family_count> found{};  // when the observer was made
    metrics::PopularityTotals popularity;                   // of clients
    Rates rates;
    DriverReport tracker;
    DriverReport backend;
    DriverHealth health;
    std::vector<std::string> unready;  // why no clients are to be sent here; a line each
    logic::Roster::Sizes roster;
    std::uint64_t roster_bytes = 0;
    ProcessUse process;
    Circumstances circumstances;
    std::chrono::seconds uptime{0};
};

/// Thread: any; who asks while another waits for a driver's health waits as well
class Observer {
public:
    Observer(const Parts& parts, const Settings& settings);

    [[nodiscard]] Settings settings() {
        return settings_.with([](const Settings& settings) { return settings; });
    }

    /// The drivers in use are these from now on.
    void adopt(const Settings& settings);

    /// Cost: some hundred microseconds, and what the drivers take for theirs
    [[nodiscard]] Observation observe();

    /// Why no clients are to be sent here; nothing when they may come.
    [[nodiscard]] std::vector<std::string> unready();

private:
    /// Readings at least a second apart, the newest last; what is older than ten is of no use.
    struct Marks {
        std::array<RateBase, 11> ring{};
        std::size_t size = 0;
    };

    [[nodiscard]] Rates rates(const metrics::Snapshot& counters);
    [[nodiscard]] std::vector<std::string> unready(const DriverHealth& health,
                                                   const Circumstances& circumstances);

    const Parts parts_;
    const std::array<PeersFound, metrics::family_count> found_;
    Guarded<Settings> settings_;
    const std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
    Health health_;
    Guarded<Marks> marks_;
};

}  // namespace chihaya::management
