#pragma once

/// @file snapshot_reader.hpp
/// Reads a snapshot: believes nothing of it before all of it has been found sound.

#include "chihaya/registry.hpp"
#include "plugins/memory/file.hpp"
#include "plugins/memory/saved_swarm.hpp"
#include "plugins/memory/snapshot_format.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace chihaya::memory {

/// Takes what a snapshot holds.
/// Errors: std::bad_alloc
class SavedSink {
public:
    virtual ~SavedSink() = default;
    virtual void swarm(const SavedPiece& piece, std::span<const SavedPeer> peers) = 0;
    virtual void users(std::span<const UserRecord> users) = 0;
    virtual void torrents(std::span<const TorrentRecord> torrents) = 0;
    virtual void clients(std::span<const ClientRecord> clients) = 0;
    virtual void tokens(std::span<const TokenRecord> tokens) = 0;
};

/// One block, as it lies in the file.
struct Block {
    BlockHeader header;
    std::vector<std::uint8_t> payload;
};

/// Shows a sound block to `sink`. Returns: false when it is no such block
[[nodiscard]] bool decode_block(BlockType type, std::span<const std::uint8_t> payload,
                                const SavedTime& time, SavedSink& sink);

/// Counts what it is shown.
class SavedCount final : public SavedSink {
public:
    void swarm(const SavedPiece& piece, std::span<const SavedPeer> peers) override;
    void users(std::span<const UserRecord> users) override { totals.users += users.size(); }
    void torrents(std::span<const TorrentRecord> all) override { totals.torrents += all.size(); }
    void clients(std::span<const ClientRecord> all) override { totals.clients += all.size(); }
    void tokens(std::span<const TokenRecord> tokens) override { totals.tokens += tokens.size(); }

    SnapshotTotals totals;
};

/// Thread: `next_block` from several at a time
class SnapshotReader {
public:
    enum class Verdict : std::uint8_t {
        good,
        missing,
        damaged,
        newer,
        unreadable,  // the system would not open or read it: nothing is known of what it holds
    };

    /// Looks at the header.
    explicit SnapshotReader(const std::filesystem::path& path);

    [[nodiscard]] Verdict verdict() const noexcept { return verdict_; }
    /// What is wrong, for the log.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
    [[nodiscard]] const SnapshotHeader& header() const noexcept { return header_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// Reads all of it. The verdict is final then.
    /// Errors: std::bad_alloc
    void examine();

    /// What `examine` has counted.
    [[nodiscard]] const SnapshotTotals& totals() const noexcept { return totals_; }

    /// The next block of one that has been examined; false after the last one.
    /// Errors: std::bad_alloc
    [[nodiscard]] bool next_block(Block& block);

private:
    void condemn(std::string fault);
    void give_up(const Trouble& trouble);
    [[nodiscard]] bool read_block(std::uint64_t offset, std::uint32_t number, Block& block,
                                  Trouble& trouble);

    File file_;
    Verdict verdict_ = Verdict::missing;
    std::string fault_;
    SnapshotHeader header_;
    SnapshotTotals totals_;
    std::uint64_t size_ = 0;
    std::mutex mutex_;  // protects what follows
    std::uint64_t offset_ = snapshot_header_bytes;
    std::uint32_t number_ = 0;
};

}  // namespace chihaya::memory
