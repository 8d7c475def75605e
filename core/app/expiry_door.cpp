#include "core/app/expiry_door.hpp"

#include <exception>
#include <utility>

namespace chihaya::app {

void ExpiryDoor::expired(std::span<const ExpiredPeer> peers) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        for (const ExpiredPeer& gone : peers) {
            if (state_ == State::notes) {
                notes_->note_silent(gone);
                passed_.insert(farewell(gone));
            } else if (state_ == State::keeps_back) {
                kept_.push_back(gone);
            }
        }
    } catch (const std::exception&) {
        // The site then shows somebody as there who is not, until it tidies up.
    }
    if (state_ == State::open || state_ == State::notes) {
        site_.expired(peers);
    }
}

void ExpiryDoor::note_in(logic::ChangedSwarms& notes) noexcept {
    const std::lock_guard lock(mutex_);
    notes_ = &notes;
    state_ = State::notes;
}

void ExpiryDoor::keep_back() noexcept {
    const std::lock_guard lock(mutex_);
    state_ = State::keeps_back;
}

std::vector<ExpiredPeer> ExpiryDoor::open() noexcept {
    const std::lock_guard lock(mutex_);
    state_ = State::open;
    notes_ = nullptr;
    passed_.clear();
    return std::exchange(kept_, {});
}

void ExpiryDoor::close() noexcept {
    const std::lock_guard lock(mutex_);
    state_ = State::closed;
    notes_ = nullptr;
}

bool ExpiryDoor::has_passed(const ExpiredPeer& gone) const noexcept {
    const std::lock_guard lock(mutex_);
    return passed_.contains(farewell(gone));
}

ExpiryDoor::Farewell ExpiryDoor::farewell(const ExpiredPeer& gone) noexcept {
    return {gone.info_hash.bytes, gone.peer.user, gone.peer.peer_id.bytes, gone.peer.last_announce};
}

}  // namespace chihaya::app
