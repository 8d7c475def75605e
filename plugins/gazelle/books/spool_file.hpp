#pragma once

/// @file spool_file.hpp
/// The files that a spool is made of: segments with entries as they came, and ledgers.
///
/// What is on disk is not believed: every block has a checksum, and reading ends at the first one
/// that is wrong, which is where a write was cut off.

#include "plugins/gazelle/books/archive.hpp"
#include "plugins/gazelle/books/entry.hpp"
#include "plugins/gazelle/books/ledger.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace chihaya::gazelle {

/// An open file, or none.
class File {
public:
    File() = default;
    explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    [[nodiscard]] static File open(const std::filesystem::path& path, int flags) noexcept;

    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// All of it, or false with errno.
    [[nodiscard]] bool write(std::span<const std::uint8_t> bytes) noexcept;
    /// Up to so many; fewer only at the end.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> room) noexcept;
    /// Waits until it is on the disk itself.
    [[nodiscard]] bool sync() noexcept;
    [[nodiscard]] bool cut_to(std::uint64_t size) noexcept;

private:
    int descriptor_ = -1;
};

/// Waits until names that were given, changed or removed in it are on the disk itself.
void sync_folder(const std::filesystem::path& folder) noexcept;

/// Entries in the order in which they came, numbered from `from`.
class SegmentWriter {
public:
    /// Makes the file, with its head. Errors: not open
    [[nodiscard]] static SegmentWriter create(const std::filesystem::path& path,
                                              const SpoolId& spool, std::uint64_t from);

    [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }

    /// One block. False: it is not there, and the file is as before.
    [[nodiscard]] bool append(std::span<const Entry> entries);
    [[nodiscard]] bool sync() noexcept { return file_.sync(); }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

private:
    File file_;
    std::uint64_t size_ = 0;
    std::uint64_t entries_ = 0;
    std::vector<std::uint8_t> block_;
};

/// What a segment said.
struct SegmentEnd {
    bool is_ours = false;       // its head is of this spool and this version
    bool is_whole = false;      // it did not end in the middle of a block
    std::uint64_t from = 0;     // number of its first entry
    std::uint64_t entries = 0;  // that are sound
};

/// Hands over the entries, with their numbers.
[[nodiscard]] SegmentEnd read_segment(
    const std::filesystem::path& path, const SpoolId& spool,
    const std::function<void(std::uint64_t number, const Entry& entry)>& take);

/// Writes a ledger to a file of its own, complete or not at all, and down to the disk.
[[nodiscard]] bool write_ledger(const std::filesystem::path& path, const SpoolId& spool,
                                const Ledger& ledger);

/// False: it is not a sound ledger of this spool and this version.
[[nodiscard]] bool read_ledger(const std::filesystem::path& path, const SpoolId& spool,
                               Ledger& ledger);

}  // namespace chihaya::gazelle
