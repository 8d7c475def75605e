#pragma once

/// @file snapshot_writer.hpp
/// Writes a snapshot while announces go on: a shard's lock is held for the copying of one swarm,
/// and a worker on the same core waits for no more than a stretch of the work.

#include "chihaya/registry.hpp"
#include "plugins/memory/file.hpp"
#include "plugins/memory/snapshot_format.hpp"
#include "plugins/memory/stock.hpp"
#include "plugins/memory/transit.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace chihaya::memory {

/// Does the writer rest between stretches of its work?
enum class Haste : std::uint8_t {
    leisurely,  // others announce
    hurried,    // everybody waits for the end
};

/// Blocks on their way into a file.
class BlockStream {
public:
    BlockStream(File& file, Haste haste) noexcept : file_(file), haste_(haste) {}

    /// Begins a block, unless one of this type has been begun. Errors: std::bad_alloc
    /// Returns: true when it has been begun now
    bool begin(BlockType type);
    /// To the block's end. Errors: std::bad_alloc
    [[nodiscard]] ByteWriter payload() noexcept { return ByteWriter(buffer_); }
    /// Writes the block out when it is large enough, and rests when it is time.
    void settle();
    /// Writes out what there is.
    void flush();
    void write(std::span<const std::uint8_t> bytes);

    [[nodiscard]] const Trouble& trouble() const noexcept { return trouble_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    void rest() noexcept;

    File& file_;
    const Haste haste_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();  // the stretch
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
        Haste haste = Haste::leisurely;
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
