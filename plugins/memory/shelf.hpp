#pragma once

/// @file shelf.hpp
/// Which files there are of a snapshot, and how one takes the place of another: at every moment
/// there is a whole one.
///
///     FILE             the last snapshot
///     FILE.new         the one that is being written
///     FILE.old         the one before
///     FILE.journal-7   what the registry was told since snapshot 7 was begun
///     FILE.lock        who writes here

#include "plugins/memory/file.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::memory {

/// The names of the files, and what is done to the files themselves.
/// Thread: any; whoever changes files has the lock
/// Errors: as Trouble; std::bad_alloc for names and words
class Shelf {
public:
    /// `file`: absolute
    explicit Shelf(std::filesystem::path file) : file_(std::move(file)) {}

    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
    [[nodiscard]] std::filesystem::path fresh() const { return beside(file_, ".new"); }
    [[nodiscard]] std::filesystem::path previous() const { return beside(file_, ".old"); }
    [[nodiscard]] std::filesystem::path lock() const { return beside(file_, ".lock"); }
    [[nodiscard]] std::filesystem::path journal(std::uint64_t generation) const;

    /// The journals that are there, the oldest first.
    [[nodiscard]] std::vector<std::uint64_t> journals() const;

    /// FILE.new, which is whole and on the disk, becomes FILE, and FILE becomes FILE.old.
    /// `keeps_file` false: FILE is worth nothing; FILE.old stays.
    [[nodiscard]] Trouble publish(bool keeps_file = true) const;

    /// Gives a file that nobody can read another name: for a person to look at.
    /// Returns: the name, or the trouble
    [[nodiscard]] std::string set_aside(const std::filesystem::path& path,
                                        std::string_view why) const;

private:
    std::filesystem::path file_;
};

}  // namespace chihaya::memory
