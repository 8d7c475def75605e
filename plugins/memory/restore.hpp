#pragma once

/// @file restore.hpp
/// From files back to swarms and registry.

#include "chihaya/host.hpp"
#include "plugins/memory/journal.hpp"
#include "plugins/memory/saved_registry.hpp"
#include "plugins/memory/shelf.hpp"
#include "plugins/memory/snapshot_reader.hpp"
#include "plugins/memory/stock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::memory {

struct Erased;
class Effects;

/// What has come of it.
struct Restored {
    std::uint64_t generation = 0;           // the highest that any file bears
    std::uint64_t snapshot_generation = 0;  // of the one that was restored; 0: none
    std::uint64_t snapshot_bytes = 0;
    std::uint64_t written_at = 0;
    std::uint64_t saved_swarms = 0;  // as the file says
    std::uint64_t saved_peers = 0;   // and histories
    std::uint64_t swarms = 0;        // that are there now
    std::uint64_t peers = 0;
    std::uint64_t changes = 0;  // of the registry, from journals
    bool is_final = false;      // nothing was announced after the snapshot
    std::vector<std::uint64_t> damaged_journals;
    std::string unreadable;  // a file, and why; nothing has been restored then
};

/// Reads the best snapshot there is and the journals that go with it.
/// Thread: one; no session is open yet
class Restore {
public:
    /// Lifetime: everything is borrowed
    Restore(const Shelf& shelf, const Stock& stock, SavedRegistry& registry,
            std::function<void(Severity, std::string_view)> log);

    /// Fills shards and registry. What is damaged is set aside and said. A file that the system
    /// will not let it read may be sound: nothing is restored then, and nothing changed.
    /// Errors: std::bad_alloc
    [[nodiscard]] Restored run();

    /// Only looks at what there is, for the numbers that are taken. Changes nothing.
    [[nodiscard]] Restored look() const;

private:
    class Filler;

    struct Candidate;

    [[nodiscard]] std::vector<Candidate> candidates() const;
    [[nodiscard]] Candidate* choose(std::vector<Candidate>& all, Restored& restored);
    void tidy(std::vector<Candidate>& all, const Candidate* best);
    void refuse(const Candidate& candidate);
    void fill(SnapshotReader& reader, const Erased& erased, Restored& restored);
    void hear_erasures(std::uint64_t from, Effects& effects, Restored& restored);
    void replay_journals(std::uint64_t from, Restored& restored);
    void count(Restored& restored) const;
    void register_torrents();

    const Shelf& shelf_;
    const Stock& stock_;
    SavedRegistry& registry_;
    std::function<void(Severity, std::string_view)> log_;
    bool is_anything_bad_ = false;
};

}  // namespace chihaya::memory
