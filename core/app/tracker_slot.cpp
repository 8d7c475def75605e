#include "core/app/tracker_slot.hpp"

#include <exception>
#include <utility>

namespace chihaya::app {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

}  // namespace

/// One write: nobody takes over meanwhile.
struct TrackerSlot::Writing {
    explicit Writing(TrackerSlot& slot) : slot_(slot) {
        std::unique_lock lock(slot_.mutex_);
        slot_.written_.wait(lock, [&] { return !slot_.is_closed_; });
        ++slot_.writers_;
        current = slot_.current_;
        next = slot_.next_;
        notes = slot_.notes_;
    }
    ~Writing() {
        const std::lock_guard lock(slot_.mutex_);
        --slot_.writers_;
        slot_.written_.notify_all();
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

    TrackerPlacePtr current;
    TrackerPlacePtr next;
    logic::ChangedSwarms* notes = nullptr;

private:
    TrackerSlot& slot_;
};

template <class Ask>
auto TrackerSlot::ask(Ask ask) noexcept {
    while (true) {
        const TrackerPlacePtr held = place();
        const std::shared_lock lock(held->in_use);
        if (held->driver != nullptr) {
            return ask(*held->driver);
        }
    }
}

/// `note` is for what has to be carried again.
template <class Write, class Note>
Status TrackerSlot::write(Write write, Note note) noexcept {
    const Writing writing(*this);
    const Status status = write(*writing.current->driver);
    if (status.ok() && writing.next != nullptr) {
        const Status next = write(*writing.next->driver);
        note(*writing.notes);
        const std::lock_guard lock(mutex_);
        next_status_ = next_status_.ok() ? next : next_status_;
    }
    return status;
}

template <class Write>
Status TrackerSlot::write(Write change) noexcept {
    return write(change, [](logic::ChangedSwarms& /*notes*/) {});
}

TrackerPlacePtr TrackerSlot::place() const noexcept {
    const std::lock_guard lock(mutex_);
    return current_;
}

void TrackerSlot::write_to_next(const TrackerPlacePtr& next, logic::ChangedSwarms& notes) {
    std::unique_lock lock(mutex_);
    is_closed_ = true;  // whoever writes now has not heard of the next one
    written_.wait(lock, [&] { return writers_ == 0; });
    next_ = next;
    notes_ = &notes;
    next_status_ = {};
    erased_users_.clear();
    is_closed_ = false;
    current_->door.note_in(notes);
    current_->feed.note_in(notes);
    written_.notify_all();
}

Status TrackerSlot::next_status() noexcept {
    const std::lock_guard lock(mutex_);
    return next_status_;
}

void TrackerSlot::forget_next() noexcept {
    TrackerPlacePtr current;
    {
        std::unique_lock lock(mutex_);
        is_closed_ = true;
        written_.wait(lock, [&] { return writers_ == 0; });
        next_.reset();
        notes_ = nullptr;
        is_closed_ = false;
        current = current_;
        written_.notify_all();
    }
    current->feed.end_notes();
}

bool TrackerSlot::close(std::chrono::milliseconds patience) noexcept {
    std::unique_lock lock(mutex_);
    is_closed_ = true;
    const bool is_quiet = written_.wait_for(lock, patience, [&] { return writers_ == 0; });
    if (!is_quiet) {
        is_closed_ = false;
        written_.notify_all();
    }
    return is_quiet;
}

void TrackerSlot::take_over() noexcept {
    const std::lock_guard lock(mutex_);
    current_->feed.drop_notes();
    current_ = std::exchange(next_, nullptr);
    notes_ = nullptr;
    is_closed_ = false;
    written_.notify_all();
}

void TrackerSlot::retire(TrackerPlace& old) noexcept {
    const std::unique_lock lock(old.in_use);
    old.door.close();
    if (old.driver != nullptr) {
        old.driver->unfollow();
        old.driver.reset();
    }
}

std::vector<UserId> TrackerSlot::take_erased_users() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(erased_users_, {});
}

TrackerSession* TrackerSlot::open_session(Host& worker) noexcept {
    return ask([&](TrackerDriver& driver) { return driver.open_session(worker); });
}

Status TrackerSlot::put_users(std::span<const UserRecord> users) noexcept {
    return write([&](TrackerDriver& driver) { return driver.put_users(users); });
}

Status TrackerSlot::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return write([&](TrackerDriver& driver) { return driver.put_torrents(torrents); });
}

Status TrackerSlot::put_clients(std::span<const ClientRecord> clients) noexcept {
    return write([&](TrackerDriver& driver) { return driver.put_clients(clients); });
}

Status TrackerSlot::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write([&](TrackerDriver& driver) { return driver.put_tokens(tokens); });
}

/// The drivers forget an account's peers within some time: whoever is carried meanwhile has to be
/// forgotten again.
Status TrackerSlot::erase_users(std::span<const UserId> users) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (next_ != nullptr) {
            erased_users_.insert(erased_users_.end(), users.begin(), users.end());
        }
    } catch (const std::exception&) {
        return out_of_memory;
    }
    return write([&](TrackerDriver& driver) { return driver.erase_users(users); });
}

/// A swarm that was read before this may be carried after it: the next pass erases it again.
Status TrackerSlot::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return write([&](TrackerDriver& driver) { return driver.erase_torrents(torrents); },
                 [&](logic::ChangedSwarms& notes) { notes.note_erased(torrents); });
}

Status TrackerSlot::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return write([&](TrackerDriver& driver) { return driver.erase_clients(clients); });
}

Status TrackerSlot::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write([&](TrackerDriver& driver) { return driver.erase_tokens(tokens); });
}

Status TrackerSlot::load(RegistrySink& sink) noexcept {
    return ask([&](TrackerDriver& driver) { return driver.load(sink); });
}

Status TrackerSlot::follow(RegistrySink& sink) noexcept {
    {
        const std::lock_guard lock(mutex_);
        follower_ = &sink;
    }
    return follow_again();
}

Status TrackerSlot::follow_again() noexcept {
    RegistrySink* follower = nullptr;
    TrackerPlacePtr held;
    {
        const std::lock_guard lock(mutex_);
        follower = follower_;
        held = current_;
    }
    if (follower == nullptr) {
        return {};
    }
    held->feed.pass_to(*follower);
    return ask([&](TrackerDriver& driver) { return driver.follow(held->feed); });
}

void TrackerSlot::unfollow() noexcept {
    {
        const std::lock_guard lock(mutex_);
        follower_ = nullptr;
    }
    ask([](TrackerDriver& driver) {
        driver.unfollow();
        return 0;
    });
}

Status TrackerSlot::read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept {
    return ask([&](TrackerDriver& driver) { return driver.read_some(names, sink); });
}

Status TrackerSlot::read_swarms(SwarmSink& sink) noexcept {
    return ask([&](TrackerDriver& driver) { return driver.read_swarms(sink); });
}

/// What failed may have been taken in.
Status TrackerSlot::add_swarms(std::span<const SwarmInTransit> swarms) noexcept {
    const Writing writing(*this);
    const Status status = writing.current->driver->add_swarms(swarms);
    if (writing.notes != nullptr) {
        for (const SwarmInTransit& one : swarms) {
            writing.notes->note_swarm(one.swarm.info_hash);
        }
    }
    return status;
}

Status TrackerSlot::reconfigure(const TrackerSetup& setup) noexcept {
    const TrackerPlacePtr held = place();
    TrackerSetup ours = setup;
    ours.expiry = setup.expiry == nullptr ? nullptr : &held->door;
    return ask([&](TrackerDriver& driver) { return driver.reconfigure(ours); });
}

Status TrackerSlot::health() noexcept {
    return ask([](TrackerDriver& driver) { return driver.health(); });
}

void TrackerSlot::report(MetricSink& sink) noexcept {
    ask([&](TrackerDriver& driver) {
        driver.report(sink);
        return 0;
    });
}

bool TrackerSlot::has_current_histories() noexcept {
    return ask([](TrackerDriver& driver) { return driver.has_current_histories(); });
}

void TrackerSlot::release() noexcept {
    retire(*place());
}

}  // namespace chihaya::app
