#include "plugins/gazelle/books/bookkeeper.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace chihaya::gazelle {

Bookkeeper::Bookkeeper(Host& log, const std::filesystem::path& folder, Archive& archive,
                       BookRules rules)
    : log_(log), archive_(archive), spool_(folder), pending_from_(spool_.end()), rules_(rules) {
    clerk_ = std::thread([this] { keep_books(); });
    carrier_ = std::thread([this] { carry(); });
}

Bookkeeper::~Bookkeeper() {
    {
        const std::lock_guard lock(books_);
        is_stopping_ = true;
    }
    intake_.stop();
    changes_.notify_all();
    archive_.interrupt();
    clerk_.join();
    carrier_.join();
    take_in();
    leave_on_disk();
    static_cast<void>(spool_.sync());
}

void Bookkeeper::record(std::span<const AnnounceDelta> deltas) noexcept {
    if (const std::size_t lost = intake_.put(deltas); lost > 0) {
        lost_.fetch_add(lost, std::memory_order_relaxed);
    }
}

bool Bookkeeper::wait_until_recovered(std::chrono::milliseconds patience) noexcept {
    std::unique_lock lock(books_);
    return changes_.wait_for(lock, patience, [this] { return has_recovered_ || is_stopping_; }) &&
           has_recovered_;
}

bool Bookkeeper::flush(std::chrono::milliseconds deadline) noexcept {
    take_in();
    std::unique_lock lock(books_);
    const std::uint64_t wanted = carried_entries_ + batch_entries_ + pending_entries_;
    ++flushes_wanted_;
    changes_.notify_all();
    const bool is_done = changes_.wait_for(lock, deadline, [&] {
        return (has_recovered_ && carried_entries_ >= wanted) || is_stopping_;
    });
    --flushes_wanted_;
    return is_done && carried_entries_ >= wanted && has_recovered_;
}

BookNumbers Bookkeeper::numbers() const noexcept {
    const std::lock_guard lock(books_);
    BookNumbers numbers = numbers_;
    numbers.waiting = {.users = pending_.users.size(),
                       .torrents = pending_.torrents.size(),
                       .peers = pending_.peers.size(),
                       .snatches = pending_.snatches.size(),
                       .tokens = pending_.tokens.size(),
                       .flushed = numbers_.waiting.flushed};
    numbers.spooled_deltas = pending_entries_ + batch_entries_;
    numbers.spool_bytes = spool_.bytes();
    numbers.is_spooling = is_spooling_;
    numbers.lost_deltas += lost_.load(std::memory_order_relaxed);
    return numbers;
}

void Bookkeeper::set_rules(BookRules rules) noexcept {
    const std::lock_guard lock(books_);
    rules_ = rules;
}

void Bookkeeper::keep_books() noexcept {
    for (;;) {
        intake_.wait_for(limits::sync_pause);
        {
            const std::lock_guard lock(books_);
            if (is_stopping_) {
                return;
            }
        }
        take_in();
        // What comes meanwhile is taken in one go.
        std::this_thread::sleep_for(limits::intake_pause);
    }
}

void Bookkeeper::take_in() noexcept {
    const std::lock_guard turn(clerk_turn_);
    try {
        intake_.take(taken_);
    } catch (const std::bad_alloc&) {
        // The rest stays there: what has come is kept.
    }
    try {
        const std::lock_guard lock(books_);
        if (!taken_.empty()) {
            date_counts();
            add_up(taken_);
            keep_on_disk(taken_);
            shrink_spool();
        }
        stand_in_for_spool();
        if (Clock::now() - synced_ >= limits::sync_pause) {
            synced_ = Clock::now();
            static_cast<void>(spool_.sync());
        }
    } catch (const std::exception& error) {
        log_.log(Severity::error, std::string("the books could not be kept for a moment: ") +
                                      error.what() + "; the rest is kept when there is room again");
    }
    taken_.clear();
}

/// A peer that fell silent is dated by its last announce, but its swarm's counts are of now: they
/// must not give way to those of an announce before.
void Bookkeeper::date_counts() noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    for (Entry& entry : taken_) {
        latest_ = std::max(latest_, entry.at);
        if (entry.is(DeltaFlags::expired)) {
            entry.counts_after = static_cast<std::uint32_t>(std::min(latest_ - entry.at, most));
        }
    }
}

void Bookkeeper::add_up(std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
        try {
            pending_.add(entry, pace_.is_due(entry));
            ++pending_entries_;
        } catch (const std::bad_alloc&) {
            lost_.fetch_add(1, std::memory_order_relaxed);
        }
    }
    numbers_.recorded_deltas += entries.size();
}

void Bookkeeper::keep_on_disk(std::span<const Entry> entries) {
    const bool is_full = spool_.bytes() >= rules_.spool_limit;
    if (!is_full && is_spooling_ && spool_.append(entries)) {
        return;
    }
    if (is_full || !is_spooling_) {
        spool_.skip(entries.size());
    }
    if (std::exchange(is_spooling_, false)) {
        log_.log(Severity::error,
                 is_full
                     ? "spool: found it full, accepted are " + std::to_string(rules_.spool_limit) +
                           " bytes (spool_limit): what is taken now is in memory only, until "
                           "the database is back; raise the limit"
                     : "spool: found no room on the disk: what is taken now is in memory only, "
                       "until there is room or the database is back; make room");
    }
}

/// Sums instead of entries, when that helps: they grow with the peers there are, not with time.
void Bookkeeper::shrink_spool() {
    const bool is_large = spool_.bytes() > rules_.spool_limit / 2;
    // Else sums would be written again for each entry that comes.
    const std::uint64_t gain = rules_.spool_limit / 16;
    if (is_large && is_spooling_ && spool_.replaceable(pending_from_) > pending_.bytes() + gain &&
        spool_.replace(pending_from_, spool_.end(), pending_)) {
        log_.log(Severity::info, "spool: entries have been added up to make room");
        return;
    }
    constexpr std::size_t some = limits::waiting_peers_max / 16;  // it looks at every row
    if (pending_.peers.size() <= limits::waiting_peers_max) {
        peers_kept_ = 0;
    } else if (pending_.peers.size() > peers_kept_ + some) {
        numbers_.dropped_peer_rows += pending_.drop_quiet_peers();
        peers_kept_ = pending_.peers.size();
    }
}

/// What was not written when it came is written as sums, as soon as there is room.
void Bookkeeper::stand_in_for_spool() {
    if (is_spooling_ || Clock::now() - disk_tried_ < limits::full_disk_pause) {
        return;
    }
    disk_tried_ = Clock::now();
    const std::uint64_t sums = pending_.bytes();
    const std::uint64_t others = spool_.bytes() - spool_.replaceable(pending_from_);
    const bool has_room = spool_.bytes() + sums < rules_.spool_limit ||
                          others + sums < rules_.spool_limit / 2;  // once those are gone
    if (has_room && (pending_.empty() || spool_.replace(pending_from_, spool_.end(), pending_))) {
        is_spooling_ = true;
        log_.log(Severity::info, "spool: what is taken is on disk again");
    }
}

/// The process ends: what is in memory alone goes to disk, whatever the limit says.
void Bookkeeper::leave_on_disk() noexcept {
    try {
        const std::lock_guard lock(books_);
        bool is_there = true;
        if (is_in_doubt_ && !batch_is_on_disk_) {
            if (!takes_up_aside_) {
                batch_.add(left_out_);
            }
            is_there = batch_.empty() || spool_.replace(batch_from_, batch_to_, batch_);
        }
        if (!is_spooling_ && !pending_.empty()) {
            is_there = spool_.replace(pending_from_, spool_.end(), pending_) && is_there;
        }
        if (!is_there) {
            log_.log(Severity::error,
                     "spool: found no room on the disk: what the database has not taken is lost; "
                     "make room before the next stop");
        }
    } catch (const std::exception&) {
        log_.log(Severity::error,
                 "spool: no memory to write what the database has not taken: it is lost");
    }
}

}  // namespace chihaya::gazelle
