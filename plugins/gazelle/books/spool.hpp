#pragma once

/// @file spool.hpp
/// What was taken and is not in the database yet, on disk.
///
/// Every entry has a number; the first one ever is 0. A position is the number of the entry that
/// comes next. The database knows up to which position it has everything (`Marker`), and what is
/// here says for which positions it holds:
///
///     id                                  whose files these are
///     lock                                one process at a time
///     confirmed                           the position that was last known to be in the database
///     entries-<from>                      a segment: entries as they came
///     ledger-<low>-<high>-<from>-<to>     sums: they hold while the database's position is at
///     least
///                                         <low> and below <high>, and stand for the entries from
///                                         <from> until <to>
///
/// Segments that a ledger stands for are removed: so an hour's entries shrink to what changed.

#include "plugins/gazelle/books/spool_file.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chihaya::gazelle {

/// Thread: one at a time, but for `bytes`
class Spool {
public:
    /// Opens the spool of `folder`, or begins a new one.
    /// Errors: std::runtime_error: it cannot be written, is of another version, or another process
    ///         has it
    explicit Spool(const std::filesystem::path& folder);

    [[nodiscard]] const SpoolId& id() const noexcept { return id_; }

    /// The position after everything that was ever taken.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

    /// The position that the database had when it was last heard of.
    [[nodiscard]] std::uint64_t confirmed() const noexcept { return confirmed_; }

    /// Units: bytes. Thread: any
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }

    /// Hands over what a database at `position` does not have, up to `until`, and forgets what
    /// cannot hold any more. `take_ledger` is told whether those rows were set aside.
    /// Errors: std::runtime_error that names a file that is not sound; then nothing was forgotten
    void replay(std::uint64_t position, std::uint64_t until,
                const std::function<void(const Entry&)>& take_entry,
                const std::function<void(const Ledger&, bool was_set_aside)>& take_ledger);

    /// The entries count in any case. False: they are not on disk, and a ledger must stand for them
    /// (`replace`).
    [[nodiscard]] bool append(std::span<const Entry> entries) noexcept;

    /// What comes next goes to a file of its own, so that a transaction ends where a file does.
    void roll() noexcept {
        static_cast<void>(sync());  // nobody can afterwards
        segment_ = SegmentWriter();
    }

    [[nodiscard]] bool sync() noexcept { return !segment_.is_open() || segment_.sync(); }

    /// From now on `ledger` stands for the entries from `from` until `to`, where files begin.
    /// False: no room for it; all is as before.
    [[nodiscard]] bool replace(std::uint64_t from, std::uint64_t to, const Ledger& ledger);

    /// What `replace` from there on would give back. Units: bytes
    [[nodiscard]] std::uint64_t replaceable(std::uint64_t from) const noexcept;

    /// Numbers that belong to nothing here: entries that are not to be on disk, or one for a
    /// transaction without entries of its own.
    void skip(std::uint64_t count) noexcept {
        roll();
        end_ += count;
    }

    /// Rows that a transaction leaves out which is to bring the database to `position`: they hold
    /// once it is there. False: not on disk.
    [[nodiscard]] bool set_aside(std::uint64_t position, const Ledger& ledger);
    /// What was set aside earlier is part of the transaction to `position`, and ends with it.
    void take_up(std::uint64_t position) noexcept;
    /// That transaction was not committed: undoes both.
    void abandon() noexcept;

    /// The database has everything before `position`. Forgets it.
    void confirm(std::uint64_t position) noexcept;

private:
    struct LedgerFile {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        [[nodiscard]] std::string name() const;
        [[nodiscard]] bool was_set_aside() const noexcept { return from == to; }
        [[nodiscard]] bool holds_at(std::uint64_t position) const noexcept {
            return low <= position && position < high;
        }
    };

    void lock();
    [[nodiscard]] bool find_id();
    void find_files();
    [[nodiscard]] bool is_there(const std::string& name) const;
    [[nodiscard]] std::uint64_t end_of_segments();
    [[nodiscard]] bool begin_segment() noexcept;
    void read_confirmed();
    void write_confirmed() noexcept;
    void remove(const std::string& name) noexcept;
    void rename(LedgerFile& file, std::uint64_t high) noexcept;
    void forget_before(std::uint64_t position) noexcept;
    void forget_replaced(const LedgerFile& by) noexcept;
    [[nodiscard]] std::uint64_t size_of(const LedgerFile& file) const noexcept;
    void measure() noexcept;

    const std::filesystem::path folder_;
    SpoolId id_{};
    File lock_;
    File confirmed_file_;
    std::uint64_t confirmed_ = 0;
    std::uint64_t end_ = 0;

    std::map<std::uint64_t, std::uint64_t> segments_;  // first number, bytes
    SegmentWriter segment_;                            // the last of them, or none
    std::vector<LedgerFile> ledgers_;
    std::optional<LedgerFile> aside_;  // for a transaction that is not decided
    std::uint64_t taken_up_ = 0;       // its position, when older ones end with it
    std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace chihaya::gazelle
