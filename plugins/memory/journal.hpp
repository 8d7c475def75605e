#pragma once

/// @file journal.hpp
/// What the registry was told since the last snapshot, written down before it is answered: a killed
/// process loses nothing that it said ok to.

#include "chihaya/registry.hpp"
#include "plugins/memory/file.hpp"
#include "plugins/memory/shelf.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chihaya::memory {

enum class Change : std::uint8_t {
    put_users = 1,
    put_torrents = 2,
    put_clients = 3,
    put_tokens = 4,
    erase_users = 5,
    erase_torrents = 6,
    erase_clients = 7,
    erase_tokens = 8
};

/// Not thread-safe. Errors: std::bad_alloc
class Journal {
public:
    /// Lifetime: `shelf` is borrowed
    explicit Journal(const Shelf& shelf) noexcept : shelf_(shelf) {}

    /// What may not be on the disk yet.
    struct Unsynced {
        std::shared_ptr<File> file;  // null: nothing
        std::uint64_t generation = 0;
        std::uint64_t bytes = 0;  // so far the file is written
    };

    /// Makes the file of this generation, and nothing else. Thread: any, beside the others
    [[nodiscard]] Trouble make(std::uint64_t generation, File& fresh) const;
    /// Goes on in the file that was made for this generation, which must be the highest.
    /// Returns: of the one before
    [[nodiscard]] Unsynced go_on(std::shared_ptr<File> fresh, std::uint64_t generation);
    /// On trouble nothing has been written.
    template <class Record>
    [[nodiscard]] Trouble append(Change change, std::span<const Record> records);

    [[nodiscard]] Unsynced unsynced() const;
    /// So much is on the disk.
    void synced(const Unsynced& what) noexcept;

    /// Has one been begun, and can it go on?
    [[nodiscard]] bool is_open() const noexcept { return file_ != nullptr; }
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// Of the file of this generation.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    [[nodiscard]] Trouble write_out();

    const Shelf& shelf_;
    std::shared_ptr<File> file_;
    std::uint64_t generation_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t synced_bytes_ = 0;
    std::vector<std::uint8_t> buffer_;
};

/// Takes what a journal says, in order. Errors: std::bad_alloc
class JournalSink {
public:
    virtual ~JournalSink() = default;
    /// Where what comes next begins in its file.
    virtual void at(std::uint64_t offset) = 0;
    virtual void put(std::span<const UserRecord> users) = 0;
    virtual void put(std::span<const TorrentRecord> torrents) = 0;
    virtual void put(std::span<const ClientRecord> clients) = 0;
    virtual void put(std::span<const TokenRecord> tokens) = 0;
    virtual void erase(std::span<const UserId> users) = 0;
    virtual void erase(std::span<const TorrentErasure> torrents) = 0;
    virtual void erase(std::span<const PeerIdPrefix> clients) = 0;
    virtual void erase(std::span<const TokenRecord> tokens) = 0;
};

/// What reading a journal's file came to.
struct JournalReading {
    std::uint64_t good_bytes = 0;  // so far it is sound
    std::uint64_t bytes = 0;
    bool is_torn = false;  // the rest is the beginning of a record: what a killed process leaves
    Trouble unreadable;    // the system would not open or read it
    Trouble trouble;       // it is damaged, or newer

    [[nodiscard]] bool is_whole() const noexcept {
        return !is_torn && trouble.empty() && unreadable.empty();
    }
};

/// Shows all of the file that is sound to `sink`, and cuts off the torn end.
[[nodiscard]] JournalReading read_journal(const std::filesystem::path& path, JournalSink& sink);

/// One record's payload. Returns: false when it is none
[[nodiscard]] bool decode_change(std::span<const std::uint8_t> payload, JournalSink& sink);

}  // namespace chihaya::memory
