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
#include <memory>
#include <string_view>

namespace chihaya::memory {

/// What has come of it.
struct Restored {
    std::uint64_t generation = 0;           // the highest that any file bears
    std::uint64_t snapshot_generation = 0;  // of the one that was restored; 0: none
    std::uint64_t snapshot_bytes = 0;
    std::uint64_t written_at = 0;
    std::uint64_t swarms = 0;  // as the file says; the rest is what is there
    std::uint64_t peers = 0;
    std::uint64_t changes = 0;  // of the registry, from journals
};

/// Reads the best snapshot there is and the journals that go with it.
/// Thread: one; no session is open yet
class Restore {
public:
    /// Lifetime: everything is borrowed
    Restore(const Shelf& shelf, const Stock& stock, SavedRegistry& registry,
            std::function<void(Severity, std::string_view)> log);

    /// Fills shards and registry. What cannot be read is set aside and said.
    /// Errors: std::bad_alloc
    [[nodiscard]] Restored run();

    /// Only looks at what there is, for the numbers that are taken. Changes nothing.
    [[nodiscard]] Restored look() const;

private:
    struct Erased;
    class Effects;
    class Replay;
    class Filler;

    [[nodiscard]] std::unique_ptr<SnapshotReader> choose();
    void refuse(const std::filesystem::path& path, const SnapshotReader& reader);
    void fill(SnapshotReader& reader, const Erased& erased, Restored& restored);
    void read_journals(std::uint64_t from, JournalSink& sink, bool says_what_is_wrong,
                       const std::function<void(std::uint64_t)>& begin);
    void register_torrents();

    const Shelf& shelf_;
    const Stock& stock_;
    SavedRegistry& registry_;
    std::function<void(Severity, std::string_view)> log_;
    bool is_anything_bad_ = false;
};

}  // namespace chihaya::memory
