#pragma once

/// @file shared.hpp
/// What the sessions of one driver share: what the operator has set, and numbers. Nothing of it is
/// behind a lock.

#include "chihaya/swarm.hpp"
#include "chihaya/tracker_driver.hpp"
#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/peer_hash.hpp"
#include "plugins/redis/rules.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace chihaya::redis {

/// A number of swarms, seeders and leechers each.
struct Totals {
    std::atomic<std::int64_t> swarms{0};
    std::atomic<std::int64_t> seeders{0};
    std::atomic<std::int64_t> leechers{0};

    void add(const TotalsChange& change) noexcept {
        constexpr auto relaxed = std::memory_order_relaxed;
        swarms.fetch_add(change.swarms, relaxed);
        seeders.fetch_add(change.seeders, relaxed);
        leechers.fetch_add(change.leechers, relaxed);
    }
    [[nodiscard]] TotalsChange take() noexcept {
        constexpr auto relaxed = std::memory_order_relaxed;
        return {swarms.exchange(0, relaxed), seeders.exchange(0, relaxed),
                leechers.exchange(0, relaxed)};
    }
    void set(const TotalsChange& to) noexcept {
        constexpr auto relaxed = std::memory_order_relaxed;
        swarms.store(to.swarms, relaxed);
        seeders.store(to.seeders, relaxed);
        leechers.store(to.leechers, relaxed);
    }
};

/// Thread: any, but for the constructor
class Shared {
public:
    Shared(Parameters parameters_given, const TrackerSetup& setup) noexcept
        : parameters(std::move(parameters_given)) {
        adopt(setup);
    }

    void adopt(const TrackerSetup& setup) noexcept;
    [[nodiscard]] Rules rules() const noexcept;

    /// Nothing until Redis has told it.
    [[nodiscard]] std::optional<HashSecret> secret() const noexcept;
    void set_secret(const HashSecret& secret) noexcept;

    /// Tells the driver the time: off the workers' threads there is no clock.
    void keep_time(std::uint32_t second) noexcept;
    [[nodiscard]] std::uint32_t latest() const noexcept { return latest_second_; }

    const Parameters parameters;
    std::atomic<ExpirySink*> expiry{nullptr};

    Totals totals;   // as Redis said last
    Totals changes;  // since, by this process: not told to Redis yet

    std::atomic<std::uint64_t> announces{0};
    std::atomic<std::uint64_t> replanned{0};  // of them, those whose plan did not do
    std::atomic<std::uint64_t> failures{0};   // of them, unanswered
    std::atomic<std::uint64_t> sweeps{0};
    std::atomic<std::uint64_t> expired{0};  // peers, accounts only

private:
    std::atomic<std::uint32_t> peer_lifetime_{0};
    std::atomic<std::uint32_t> history_lifetime_{0};
    std::atomic<bool> purge_empty_{true};
    std::atomic<bool> keep_ids_{false};
    std::atomic<std::uint8_t> ipv4_bits_{0};
    std::atomic<std::uint8_t> ipv6_bits_{0};
    std::atomic<std::uint64_t> secret_first_{0};
    std::atomic<std::uint64_t> secret_second_{0};
    std::atomic<bool> has_secret_{false};
    std::atomic<std::uint32_t> latest_second_{0};
};

}  // namespace chihaya::redis
