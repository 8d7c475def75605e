#pragma once

/// @file erasures.hpp
/// Why torrents were erased, for the peers that still ask: for a day, and for so many at most.

#include "chihaya/registry.hpp"
#include "chihaya/types.hpp"
#include "core/base/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace chihaya::logic {

/// Thread: one writer, or any number of readers
class Erasures {
public:
    using Moment = std::chrono::steady_clock::time_point;

    /// Limits: `count_max` reasons are kept, the oldest give way
    explicit Erasures(std::size_t count_max);

    /// Keeps the reason, unless there is none. Forgets what is too old by now.
    void put(const TorrentErasure& erasure, Moment now);
    /// The torrent is back.
    void erase(const InfoHash& info_hash) noexcept;

    /// Empty when there is no reason, or it is too old.
    [[nodiscard]] TorrentErasure find(const InfoHash& info_hash, Moment now) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return reasons_.size(); }

private:
    struct Hash {
        KeyedHash keyed;
        std::size_t operator()(const InfoHash& info_hash) const noexcept {
            return keyed(info_hash.bytes);
        }
    };
    struct Reason {
        TorrentErasure erasure;
        Moment since;
        std::uint64_t number = 0;  // which put: an older line in `order_` is not about this one
    };
    struct Line {
        InfoHash info_hash;
        Moment since;
        std::uint64_t number = 0;
    };

    void drop_oldest() noexcept;

    std::size_t count_max_;
    std::uint64_t puts_ = 0;
    boost::unordered_flat_map<InfoHash, Reason, Hash> reasons_;
    std::deque<Line> order_;  // oldest first; lines of reasons erased since are still in it
};

}  // namespace chihaya::logic
