#pragma once

/// @file file.hpp
/// Files as the driver writes and reads them: whole, or with a reason why not.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace chihaya::memory {

/// What went wrong, in the system's words; empty when nothing did.
using Trouble = std::string;

/// An open file, or none. What it holds is for the owner's eyes only: it has passkeys.
/// Thread: one at a time; `read` and `size` from several, `sync` beside `write`
/// Errors: as Trouble; std::bad_alloc for its words
class File {
public:
    File() = default;
    ~File();
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// Begins an empty file for its owner alone; one that is there is emptied.
    [[nodiscard]] Trouble create(const std::filesystem::path& path);
    /// Opens one for reading: it may be somebody else's.
    [[nodiscard]] Trouble open(const std::filesystem::path& path);
    /// Takes `path` for this process alone, until closed: made when it is not there.
    /// Returns: false when another one has it
    [[nodiscard]] bool lock(const std::filesystem::path& path, Trouble& trouble);

    [[nodiscard]] Trouble write(std::span<const std::uint8_t> bytes);
    /// Fills `bytes` from `offset` on. Returns: how many there were
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> bytes, std::uint64_t offset) const;
    /// The same; `trouble`: why there are no more, unless the file ends.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> bytes, std::uint64_t offset,
                                   Trouble& trouble) const;
    [[nodiscard]] Trouble sync();
    /// Cuts off what is behind `size`, where the next write goes.
    [[nodiscard]] Trouble cut(std::uint64_t size);
    [[nodiscard]] std::uint64_t size() const;
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
    void close() noexcept;

private:
    int descriptor_ = -1;
};

/// Brings to the disk what has been renamed, made and removed in `folder`.
[[nodiscard]] Trouble sync_folder(const std::filesystem::path& folder);
/// Returns: the trouble, none when there is no such file
Trouble remove_file(const std::filesystem::path& path);
/// Cuts off what is behind `size`.
[[nodiscard]] Trouble cut_file(const std::filesystem::path& path, std::uint64_t size);
[[nodiscard]] Trouble rename_file(const std::filesystem::path& from,
                                  const std::filesystem::path& to);

/// `path` with `suffix`.
[[nodiscard]] std::filesystem::path beside(const std::filesystem::path& path,
                                           const std::string& suffix);

}  // namespace chihaya::memory
