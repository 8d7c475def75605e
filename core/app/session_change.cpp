#include "core/app/session_change.hpp"

#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::steady_clock;

// How soon a session that does not answer yet is asked again.
constexpr std::chrono::milliseconds try_pause{20};

constexpr Status no_session{StatusCode::unavailable, "it gave a worker no session"};
constexpr Status no_memory{StatusCode::unavailable, "out of memory"};

}  // namespace

SessionChange::~SessionChange() {
    abandon();
}

void SessionChange::open(TrackerDriver& next, std::chrono::milliseconds patience,
                         std::function<void(Status)> opened) {
    opened_ = std::move(opened);
    patience_ends_ = steady_clock::now() + patience;
    next_ = plugin::TrackerSessionPtr(next.open_session(host_));
    if (next_ == nullptr) {
        told(no_session);
        return;
    }
    question_.info_hashes = {&nobody_, 1};
    call_ = {&question_, this};
    try_out();
}

void SessionChange::try_out() noexcept {
    if (next_ != nullptr && opened_) {
        next_->scrape({&call_, 1});
    }
}

void SessionChange::done(std::span<const SwarmCounts> /*answer*/) noexcept {
    told({});
}

void SessionChange::failed(Status status) noexcept {
    if (steady_clock::now() >= patience_ends_) {
        told(status);
    } else if (host_.start_timer(try_pause, Task::to<&SessionChange::try_out>(*this)) ==
               TimerId::none) {
        told(no_memory);
    }
}

void SessionChange::told(Status status) noexcept {
    if (const auto opened = std::exchange(opened_, nullptr)) {
        opened(status);
    }
}

void SessionChange::note_in(logic::ChangedSwarms& notes, const Pace* pace) {
    notes_ = &notes;
    if (pace != nullptr) {
        pace_.emplace(*pace, notes.noted(), steady_clock::now());
    }
    loop_.at_turn_end(Task::to<&SessionChange::turn_ended>(*this));
    tracker_.note_changes(&notes);
}

void SessionChange::hold(Hold& hold, std::chrono::milliseconds longest,
                         std::function<void()> quiet) {
    hold_ = &hold;
    quiet_ = std::move(quiet);
    tracker_.hold();
    if (host_.start_timer(longest, Task::to<&SessionChange::held_for_long>(*this)) ==
        TimerId::none) {
        held_for_long();
    }
}

void SessionChange::turn_ended() noexcept {
    if (quiet_ && tracker_.in_flight() == 0) {
        std::exchange(quiet_, nullptr)();
    }
    if (hold_ == nullptr && !pauses_ && pace_) {
        keep_pace();
    }
}

void SessionChange::keep_pace() noexcept {
    const auto pause = pace_->pause(notes_->noted(), steady_clock::now());
    if (pause.count() > 0 &&
        host_.start_timer(pause, Task::to<&SessionChange::pause_is_over>(*this)) != TimerId::none) {
        pauses_ = true;
        tracker_.hold();
    }
}

void SessionChange::pause_is_over() noexcept {
    pauses_ = false;
    if (hold_ == nullptr) {
        tracker_.resume();
        loop_.ask_for_turn();
    }
}

void SessionChange::held_for_long() noexcept {
    if (hold_ != nullptr && hold_->give_up()) {
        tracker_.resume();
        loop_.ask_for_turn();
    }
}

void SessionChange::let_go() noexcept {
    tracker_.note_changes(nullptr);
    tracker_.resume();
    loop_.forget_turn_end(this);
    loop_.ask_for_turn();
    host_.forget(this);
    hold_ = nullptr;
    quiet_ = nullptr;
    pauses_ = false;
    notes_ = nullptr;
    pace_.reset();
}

void SessionChange::change_over() noexcept {
    std::swap(session_, next_);
    tracker_.use(*session_);
    let_go();
}

void SessionChange::abandon() noexcept {
    opened_ = nullptr;
    next_.reset();  // fails what it still has: nobody is told any more
    let_go();
}

}  // namespace chihaya::app
