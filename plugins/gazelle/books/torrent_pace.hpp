#pragma once

/// @file torrent_pace.hpp
/// When a torrent's row has something to say although nothing of it moved: its counts are others
/// than those that were written last (another tracker of the same site may have written since), or
/// it was long ago.

#include "plugins/gazelle/books/entry.hpp"
#include "plugins/gazelle/books/ledger.hpp"
#include "plugins/gazelle/limits.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>

namespace chihaya::gazelle {

/// Thread: one
class TorrentPace {
public:
    /// Shall this entry's counts be written? Then they are taken for written.
    /// Errors: std::bad_alloc
    [[nodiscard]] bool is_due(const Entry& entry) {
        const std::int64_t second = entry.counted_at() / 1000;
        const auto [place, is_new] = last_.try_emplace(entry.torrent);
        Last& last = place->second;
        const bool is_due = is_new || last.seeders != entry.seeders ||
                            last.leechers != entry.leechers ||
                            second - last.second >= limits::torrent_refresh.count();
        if (is_due) {
            last = {second, entry.seeders, entry.leechers};
        }
        return is_due;
    }

private:
    struct Last {
        std::int64_t second = 0;
        std::uint32_t seeders = 0;
        std::uint32_t leechers = 0;
    };
    boost::unordered_flat_map<std::uint64_t, Last, KeyHash> last_;
};

}  // namespace chihaya::gazelle
