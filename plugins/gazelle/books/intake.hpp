#pragma once

/// @file intake.hpp
/// Where workers put down what announces have changed, on their way to the books.

#include "plugins/gazelle/books/entry.hpp"
#include "plugins/gazelle/limits.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace chihaya::gazelle {

/// Thread: `put` from any number at once, the rest from one other
class Intake {
public:
    /// Copies. Never waits but for another worker that copies into the same list, or for `take` to
    /// exchange it. What is of no
    /// user, or of a torrent that is not there any more, has no row to go to and is left out.
    /// Returns: how many could not be kept, out of memory
    [[nodiscard]] std::size_t put(std::span<const AnnounceDelta> deltas) noexcept;

    /// Waits until there is something, or `stop` was called, or the time is over.
    void wait_for(std::chrono::milliseconds time);

    /// Moves everything that is there to the end of `entries`, in the order in which each worker
    /// put it. Errors: std::bad_alloc; then what was not moved stays
    void take(std::vector<Entry>& entries);

    void stop() noexcept;

private:
    struct alignas(64) List {
        std::mutex mutex;
        std::vector<Entry> entries;
        std::vector<Entry> moving;  // of whoever takes: workers need not wait for its copying
    };

    [[nodiscard]] List& list_of_this_thread() noexcept;

    std::array<List, limits::intake_lists> lists_;
    std::atomic<bool> has_some_{false};
    std::mutex waiting_;
    std::condition_variable wakes_;
    bool is_stopped_ = false;
};

}  // namespace chihaya::gazelle
