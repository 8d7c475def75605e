#pragma once

/// @file popularity.hpp
/// Which swarms and which programs announce most, estimated from a few announces a second.

#include "chihaya/types.hpp"
#include "core/base/keyed_hash.hpp"
#include "core/metrics/frequent_keys.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace chihaya::metrics {

/// How a peer id begins: program and version, where it has them.
/// Shape: eight bytes of those that end there ("-qB4650-"), ten of all others; zeros behind them
using ClientPrefix = std::array<std::uint8_t, 10>;

/// A swarm or a program, and how often it has announced.
template <class Key>
struct Popular {
    Key key{};
    std::uint64_t announces = 0;  // an estimate
    std::uint64_t error = 0;      // too high by this at most, beyond the luck of the sample
};

/// What several workers have seen, put together.
struct PopularityTotals {
    std::chrono::seconds span{0};           // of the oldest announce in it until now
    std::uint64_t announces = 0;            // all that were seen, an estimate
    std::vector<Popular<InfoHash>> swarms;  // the most frequent first
    std::vector<Popular<ClientPrefix>> clients;
};

/// What one worker has seen in the last minutes: all of the window that runs, and the one before.
///
/// At a quiet tracker every announce is looked at, at a busy one so many that it comes to a few
/// hundred a second; each stands for those that were passed over.
///
/// Thread: `seen` and `turn` the worker's; `add_to` any
/// Cost:   of an announce that is passed over: a decrement
/// Limits: about 80 KB, whatever is announced
class Popularity {
public:
    using Moment = std::chrono::steady_clock::time_point;

    Popularity();

    /// A turn begins in which announces are told. Time stands still in it.
    void turn(Moment now) noexcept {
        if (now >= next_second_) {
            begin_second(now);
        }
    }

    void seen(const InfoHash& info_hash, const PeerId& peer_id) noexcept {
        if (--until_next_ == 0) {
            take(info_hash, peer_id);
        }
    }

    /// Errors: std::bad_alloc
    void add_swarms_to(PopularityTotals& totals, Moment now) const;
    void add_clients_to(PopularityTotals& totals, Moment now) const;

private:
    /// What was announced in one stretch of time.
    struct Window {
        FrequentKeys<InfoHash, 128> swarms;
        FrequentKeys<ClientPrefix, 64> clients;
        std::uint64_t announces = 0;
        Moment began{};
    };

    void begin_second(Moment now) noexcept;
    void take(const InfoHash& info_hash, const PeerId& peer_id) noexcept;
    void pass_over() noexcept;
    void add_span_to(PopularityTotals& totals, Moment now) const;

    // The worker's own.
    std::uint32_t until_next_ = 1;
    std::uint32_t weight_of_next_ = 1;
    std::uint32_t gap_ = 1;     // on average
    std::uint32_t taken_ = 0;   // in this second
    std::uint64_t weight_ = 0;  // likewise: how many announces those stand for
    Moment next_second_{};
    std::uint64_t random_;
    const KeyedHash hash_;

    // A reader may hold this while it copies; the worker then does without, and waits for nobody.
    mutable std::mutex mutex_;
    std::array<Window, 2> windows_{};  // under the mutex
    std::size_t running_ = 0;          // likewise
};

/// Adds up entries of the same key, the most frequent first.
void settle(PopularityTotals& totals);

}  // namespace chihaya::metrics
