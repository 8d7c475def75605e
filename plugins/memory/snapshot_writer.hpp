#pragma once

/// @file snapshot_writer.hpp
/// Writes a snapshot while announces go on: a shard's lock is held for the copying of one swarm.

#include "chihaya/registry.hpp"
#include "plugins/memory/file.hpp"
#include "plugins/memory/snapshot_format.hpp"
#include "plugins/memory/stock.hpp"
#include "plugins/memory/transit.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace chihaya::memory {

/// Blocks on their way into a file.
class BlockStream {
public:
    explicit BlockStream(File& file) noexcept : file_(file) {}

    /// Begins a block, unless one of this type has been begun. Errors: std::bad_alloc
    /// Returns: true when it has been begun now
    bool begin(BlockType type);
    /// To the block's end. Errors: std::bad_alloc
    [[nodiscard]] ByteWriter payload() noexcept { return ByteWriter(buffer_); }
    /// Writes the block out when it is large enough.
    void settle();
    /// Writes out what there is.
    void flush();
    void write(std::span<const std::uint8_t> bytes);

    [[nodiscard]] const Trouble& trouble() const noexcept { return trouble_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    File& file_;
    BlockType type_ = BlockType::end;
    std::uint32_t number_ = 0;
    std::uint64_t bytes_ = 0;
    std::vector<std::uint8_t> buffer_;
    Trouble trouble_;
};

/// Thread: one that may wait
class SnapshotWriter {
public:
    struct Parts {
        const Stock& stock;
        RegistrySource* registry;                      // null: none is saved
        std::function<std::uint64_t()> journal_bytes;  // how far the journal has come
        const std::atomic<bool>& ends;                 // true: give up
    };

    SnapshotWriter(File& file, Parts parts);

    /// Writes everything, and brings it to the disk.
    /// Returns: the trouble; the file is then none. Errors: std::bad_alloc
    [[nodiscard]] Trouble write(const SnapshotHeader& header);

    [[nodiscard]] const SnapshotTotals& totals() const noexcept { return totals_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return blocks_.bytes(); }

private:
    class RegistryPart;

    [[nodiscard]] Trouble registry();
    void swarms();
    void one_swarm(const InfoHash& info_hash);
    void begin_block();
    void say_block();

    File& file_;
    Parts parts_;
    BlockStream blocks_;
    SnapshotTotals totals_;
    SwarmCopy copy_;
    // What the current block says of itself, and what belongs to that.
    Moment as_of_;
    std::uint64_t journal_bytes_ = 0;
    ErasedUsers erased_;
};

}  // namespace chihaya::memory
