#pragma once

/// @file kept_registry.hpp
/// What is kept of the host's registry: what was restored, until the host has it, and a journal of
/// what changes.

#include "chihaya/host.hpp"
#include "chihaya/registry.hpp"
#include "plugins/memory/journal.hpp"
#include "plugins/memory/saved_registry.hpp"
#include "plugins/memory/shelf.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace chihaya::memory {

/// Thread: `change`, `load` and the numbers from any; the rest from the keeper's, or before others
/// have it
class KeptRegistry {
public:
    /// Lifetime: everything is borrowed. `is_written`: there is a registry to keep a journal of
    KeptRegistry(Host& control, const Shelf& shelf, const HashSecret& secret, bool is_written)
        : control_(control),
          shelf_(shelf),
          is_wanted_(is_written),
          journal_(shelf),
          saved_(secret) {}

    /// For the restore.
    [[nodiscard]] SavedRegistry& saved() noexcept { return saved_; }
    /// The restore is over. `damaged`: journals that are kept for a person to look at
    void settle(std::vector<std::uint64_t> damaged);
    /// There is nothing to show: the host has its registry from somewhere else.
    void settle_anew();

    /// Goes on in the journal of this generation, which must be the highest. What the one before
    /// has is brought to the disk.
    /// Returns: false, after a line to the log, when it cannot; the one before goes on then.
    /// Errors: std::bad_alloc
    [[nodiscard]] bool begin(std::uint64_t generation);
    /// Brings to the disk what has been written down.
    /// Returns: false when that has just failed: what the journal holds may be lost. Changes are
    /// refused until `recover`. Errors: std::bad_alloc
    [[nodiscard]] bool sync();
    /// A snapshot holds what the journals before it hold.
    void recover();
    /// Removes the journals before this generation's.
    void forget_before(std::uint64_t generation);
    /// Nothing is written down from now on.
    void end() noexcept;

    /// Writes the change down, and then makes it with `apply`.
    /// Returns: not ok, and nothing has changed, when it cannot be written
    template <class Record>
    Status change(Change what, std::span<const Record> records,
                  const std::function<Status()>& apply) noexcept;
    /// Shows the registry that was restored, once.
    Status load(RegistrySink& sink) noexcept;

    /// Has the host not seen yet what was restored?
    [[nodiscard]] bool waits_for_load();
    /// Is there no journal, though there should be one?
    [[nodiscard]] bool lacks_journal();
    /// How far the journal has come. A change that it counts has been made.
    [[nodiscard]] std::uint64_t journal_bytes();
    /// The same without waiting for a disk: a change may be on its way.
    [[nodiscard]] std::uint64_t journal_bytes_about() const noexcept { return bytes_about_; }

private:
    template <class Record>
    void change_saved(Change what, std::span<const Record> records);
    [[nodiscard]] bool bring_out(const Journal::Unsynced& what);
    void note(const Trouble& trouble);

    Host& control_;
    const Shelf& shelf_;
    const bool is_wanted_;
    std::vector<std::uint64_t> damaged_;
    std::atomic<std::uint64_t> bytes_about_{0};

    std::mutex mutex_;  // protects what follows; nobody waits for a disk to sync under it
    Journal journal_;
    SavedRegistry saved_;
    bool is_loaded_ = false;
    bool is_writing_ = false;
    bool is_failing_ = false;
    bool has_lost_ = false;
};

}  // namespace chihaya::memory
