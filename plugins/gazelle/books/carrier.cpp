// The half of the bookkeeper that talks to the database.

#include "plugins/gazelle/books/bookkeeper.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace chihaya::gazelle {

void Bookkeeper::carry() noexcept {
    Pause pause{0};
    while (wait_for_work(pause)) {
        try {
            pause = carry_once();
        } catch (const std::exception& error) {
            log_.log(Severity::error, std::string("the books wait: ") + error.what());
            pause = limits::operator_pause;
        }
        const std::lock_guard lock(books_);
        numbers_.is_reachable = pause == Pause(0);
        changes_.notify_all();
    }
}

/// False: there is to be no more work.
bool Bookkeeper::wait_for_work(Pause pause) {
    std::unique_lock lock(books_);
    const auto is_wanted = [&] {
        return is_stopping_ || (flushes_wanted_ > 0 && pause.count() == 0);
    };
    const Pause rest = !has_recovered_ && pause.count() == 0 ? Pause(0)
                       : pause.count() > 0                   ? pause
                                                             : rules_.flush_interval;
    // Somebody who waits for a flush need not wait for the whole of a long pause as well.
    const Pause slice = std::min(rest, limits::repeat_pause);
    for (const auto until = Clock::now() + rest; Clock::now() < until;) {
        if (changes_.wait_for(lock, slice, is_wanted) || flushes_wanted_ > 0) {
            break;
        }
    }
    return !is_stopping_;
}

Bookkeeper::Pause Bookkeeper::carry_once() {
    if (is_in_doubt_) {
        if (const DatabaseError error = settle_doubt(); !error.ok()) {
            return pause_after(error);
        }
    }
    while (take_batch()) {
        Written written = write_batch();
        if (written.ok()) {
            committed(written.rejected_rows);
            pause_ = Pause(0);
            tell({});
            return Pause(0);
        }
        if (written.is_in_doubt) {
            return pause_after(written.error);
        }
        give_back_batch();
        if (written.error.remedy != Remedy::repeat) {
            return pause_after(written.error);
        }
        const Pause pause = pause_after(written.error);
        std::unique_lock lock(books_);
        if (changes_.wait_for(lock, pause, [this] { return is_stopping_; })) {
            return pause;
        }
    }
    // Nothing to bring: is the database there?
    std::optional<std::uint64_t> position;
    if (const DatabaseError error = archive_.read(spool_.id(), position); !error.ok()) {
        return pause_after(error);
    }
    pause_ = Pause(0);
    tell({});
    return Pause(0);
}

DatabaseError Bookkeeper::settle_doubt() {
    std::optional<std::uint64_t> found;
    DatabaseError error = archive_.read(spool_.id(), found);
    if (!error.ok()) {
        return error;
    }
    if (batch_to_ == 0) {
        replay(found.value_or(spool_.confirmed()));
    } else if (found && *found >= batch_to_) {
        committed(0);
    } else {
        give_back_batch();
    }
    return {};
}

/// What the process before has taken, and not brought in.
void Bookkeeper::replay(std::uint64_t position) {
    const std::lock_guard lock(books_);
    Ledger left;
    Ledger aside;
    std::uint64_t count = 0;
    spool_.replay(
        position, pending_from_,
        [&](const Entry& entry) {
            left.add(entry, true);
            ++count;
        },
        [&](const Ledger& ledger, bool was_set_aside) {
            (was_set_aside ? aside : left).add(ledger);
        });
    left.add(pending_);
    std::swap(pending_, left);
    std::swap(aside_, aside);
    is_in_doubt_ = false;
    pending_entries_ += count;
    pending_from_ = position;
    if (count > 0 || !aside_.empty()) {
        log_.log(Severity::info, "spool: " + std::to_string(count) +
                                     " deltas of the time before the start are brought in");
    }
    has_recovered_ = pending_.empty() && aside_.empty();
}

/// False: there is nothing to bring.
bool Bookkeeper::take_batch() {
    const std::lock_guard lock(books_);
    if (is_batch_begun_) {
        if (takes_up_aside_) {
            spool_.take_up(batch_to_);
        }
        is_in_doubt_ = true;
        return true;
    }
    const bool is_time = Clock::now() - aside_tried_ >= rules_.operator_pause;
    takes_up_aside_ = !aside_.empty() && (is_time || !has_recovered_);
    if (takes_up_aside_) {
        lacks_ = Written();  // somebody may have mended it
    }
    if (pending_.empty() && !takes_up_aside_) {
        return false;
    }
    std::swap(batch_, pending_);
    batch_entries_ = std::exchange(pending_entries_, 0);
    if (spool_.end() <= spool_.confirmed()) {
        spool_.skip(1);
    }
    spool_.roll();
    batch_is_on_disk_ = is_spooling_;
    batch_from_ = pending_from_;
    batch_to_ = spool_.end();
    pending_from_ = batch_to_;
    if (takes_up_aside_) {
        spool_.take_up(batch_to_);
    }
    is_in_doubt_ = true;
    return true;
}

Written Bookkeeper::write_batch() {
    const Marker marker{.spool = spool_.id(), .position = batch_to_};
    Written written = write_peers_ahead();
    if (!written.ok()) {
        return written;
    }
    const std::uint64_t rejected = written.rejected_rows;
    Ledger both;
    if (takes_up_aside_) {
        both = batch_;
        both.add(aside_);
    }
    Ledger& ledger = takes_up_aside_ ? both : batch_;
    if (lacks_.lacks_some()) {
        leave_out(ledger);
    }
    written = archive_.write(ledger, marker);
    if (!written.ok() && !written.is_in_doubt && written.lacks_some()) {
        lacks_ = written;
        aside_tried_ = Clock::now();
        leave_out(ledger);
        written = archive_.write(ledger, marker);
    }
    written.rejected_rows += rejected;
    return written;
}

/// A transaction that is long is one that never ends where connections do not live long. Rows of
/// peers are most of a large batch, and say how it is, not by how much it grew: they may be written
/// before the rest and, after a crash, again. They are the base of what is credited next, so the
/// rest must not be lost then: only what is on disk goes ahead.
Written Bookkeeper::write_peers_ahead() {
    const Marker so_far{.spool = spool_.id(), .position = batch_from_};
    std::uint64_t rejected = 0;
    const bool is_large = batch_.peers.size() > limits::transaction_peers;
    while (batch_is_on_disk_ && is_large && !batch_.peers.empty()) {
        Ledger piece = batch_.take_peers(limits::transaction_peers);
        const Written written = archive_.write(piece, so_far);
        if (!written.ok()) {
            batch_.add(piece);
            return written;
        }
        rejected += written.rejected_rows;
        is_batch_begun_ = true;
        pause_ = Pause(0);  // it goes on: the next connection need not wait
    }
    return {.error = {}, .rejected_rows = rejected};
}

/// On disk first: once the rest is in the database, nobody brings these rows again.
void Bookkeeper::leave_out(Ledger& ledger) {
    if (lacks_.lacks_torrents) {
        left_out_.torrents.swap(ledger.torrents);
    }
    if (lacks_.lacks_tokens) {
        left_out_.tokens.swap(ledger.tokens);
    }
    if (lacks_.lacks_snatches) {
        left_out_.snatches.swap(ledger.snatches);
    }
    const std::lock_guard lock(books_);
    if (!left_out_.empty() && !spool_.set_aside(batch_to_, left_out_)) {
        log_.log(Severity::error,
                 "spool: found no room on the disk for rows that the database "
                 "does not take now: they are in memory only; make room");
    }
}

void Bookkeeper::committed(std::uint64_t rejected_rows) {
    const std::lock_guard lock(books_);
    spool_.confirm(batch_to_);
    if (takes_up_aside_) {
        aside_.clear();
    }
    aside_.add(left_out_);
    left_out_.clear();
    batch_.clear();
    is_batch_begun_ = false;
    is_in_doubt_ = false;
    carried_entries_ += std::exchange(batch_entries_, 0);
    has_recovered_ = true;
    ++numbers_.flushes;
    numbers_.waiting.flushed =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    numbers_.rejected_rows += rejected_rows;
    changes_.notify_all();
}

/// It was not committed, for certain: it waits in front of what has come since. What has begun goes
/// on as it is: with the peers that have announced since, it would be as large as before.
void Bookkeeper::give_back_batch() {
    const std::lock_guard lock(books_);
    spool_.abandon();
    if (!takes_up_aside_) {
        batch_.add(left_out_);
    }
    left_out_.clear();
    ++numbers_.failed_flushes;
    if (is_batch_begun_) {
        is_in_doubt_ = false;
        return;
    }
    batch_.add(pending_);
    std::swap(pending_, batch_);
    batch_.clear();
    pending_from_ = batch_from_;
    is_spooling_ = is_spooling_ && batch_is_on_disk_;
    pending_entries_ += std::exchange(batch_entries_, 0);
    is_in_doubt_ = false;
}

Bookkeeper::Pause Bookkeeper::pause_after(const DatabaseError& error) {
    tell(error);
    const auto doubled = [this](Pause first, Pause most) {
        pause_ = std::clamp(2 * pause_, first, most);
        return pause_;
    };
    switch (error.remedy) {
        case Remedy::repeat:
            return doubled(limits::repeat_pause, limits::repeat_pause_max);
        case Remedy::reconnect:
            return doubled(rules_.reconnect_pause, 50 * rules_.reconnect_pause);
        default:
            return rules_.operator_pause;
    }
}

/// Once for each new error, and once when all is well again.
void Bookkeeper::tell(const DatabaseError& error) {
    if (error.ok()) {
        if (std::exchange(told_, std::nullopt)) {
            log_.log(Severity::info, "database: it takes the books again");
        }
        return;
    }
    const bool is_stopping = [this] {
        const std::lock_guard lock(books_);
        return is_stopping_;
    }();
    if (told_ == error.number || error.remedy == Remedy::repeat || is_stopping) {
        return;
    }
    told_ = error.number;
    log_.log(error.remedy == Remedy::reconnect ? Severity::warning : Severity::error,
             "database: found error " + std::to_string(error.number) + " (" + error.text +
                 "): what announces change waits in the spool" +
                 (error.remedy == Remedy::reconnect ? "" : "; see to the tracker's rights"));
}

}  // namespace chihaya::gazelle
