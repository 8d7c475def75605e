#include "core/app/crossing.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view area = "tracker";

constexpr Status too_slow{StatusCode::unavailable,
                          "more changes every second than it can be told of"};
constexpr Status no_answer{StatusCode::unavailable,
                           "what was asked of the old driver was not answered in time"};
constexpr Status held_too_long{StatusCode::unavailable, "announces would have waited too long"};
constexpr Status is_written{StatusCode::unavailable, "a change of the registry took too long"};
constexpr Status given_up{StatusCode::unavailable, "given up"};

milliseconds left_until(std::chrono::steady_clock::time_point moment) noexcept {
    return std::max(std::chrono::ceil<milliseconds>(moment - std::chrono::steady_clock::now()),
                    milliseconds(0));
}

/// Finds one peer of a swarm, by account and peer id.
class Finder final : public SwarmSink {
public:
    explicit Finder(const PeerRecord& wanted) : wanted_(wanted) {}

    bool swarm(const SwarmRecord& /*swarm*/, std::span<const PeerRecord> peers) noexcept override {
        const auto found = std::ranges::find_if(peers, [&](const PeerRecord& peer) {
            return peer.user == wanted_.user && peer.peer_id == wanted_.peer_id;
        });
        is_later =
            is_later || (found != peers.end() && found->last_announce > wanted_.last_announce);
        return !is_later;
    }

    bool is_later = false;

private:
    const PeerRecord& wanted_;
};

}  // namespace

/// Waits for all workers. Shared with what they have been asked to do, which may come late.
class Crossing::Everyone {
public:
    explicit Everyone(std::size_t count) : left_(count) {}

    void one_is_done(Status status = {}) noexcept {
        const std::lock_guard lock(mutex_);
        --left_;
        status_ = status_.ok() ? status : status_;
        news_.notify_all();
    }
    void wait() noexcept {
        std::unique_lock lock(mutex_);
        news_.wait(lock, [&] { return left_ == 0; });
    }
    [[nodiscard]] bool wait_until(Steady::time_point moment) noexcept {
        std::unique_lock lock(mutex_);
        return news_.wait_until(lock, moment, [&] { return left_ == 0; });
    }
    [[nodiscard]] Status status() noexcept {
        const std::lock_guard lock(mutex_);
        return status_;
    }

private:
    std::mutex mutex_;  // protects what follows
    std::condition_variable news_;
    std::size_t left_;
    Status status_;
};

Crossing::Crossing(const DriverSwitch::Parts& parts, const TrackerSetup& setup,
                   const std::atomic<bool>& ends)
    : parts_(parts),
      answer_within_(setup.answer_within),
      setup_(setup),
      ends_(ends),
      old_(parts.slot.place()),
      notes_(parts.workers.count() + 1),
      hold_(std::make_shared<Hold>()) {}

Crossing::~Crossing() {
    if (has_crossed_ || next_ == nullptr) {
        return;
    }
    let_all_do([](SessionChange& change) { change.abandon(); });
    target_.reset();
    if (is_written_to_) {
        const auto kept = old_->door.open();
        parts_.farewells.expired(kept);
        parts_.slot.forget_next();
    }
    parts_.control.run_on([&] { TrackerSlot::retire(*next_); });
}

/// Waits until every worker has done it.
void Crossing::let_all_do(const std::function<void(SessionChange&)>& part) {
    const auto everyone = std::make_shared<Everyone>(parts_.workers.count());
    parts_.workers.change_sessions([part, everyone](std::size_t /*number*/, SessionChange& change) {
        part(change);
        everyone->one_is_done();
    });
    everyone->wait();
}

Result<bool> Crossing::make(const plugin::Library& library) {
    const auto next = std::make_shared<TrackerPlace>(parts_.farewells);
    next->door.keep_back();
    setup_.expiry = setup_.expiry == nullptr ? nullptr : &next->door;
    setup_.restore = false;
    ++setup_.workers;  // the carrying has a session of its own
    std::optional<Failure> failure;
    parts_.control.run_on([&] {
        auto made = library.create_tracker(parts_.control.tracker_host(), setup_);
        if (made.has_error()) {
            failure = made.error();
        } else {
            next->driver = std::move(*made);
        }
    });
    if (failure) {
        return *failure;
    }
    next_ = next;
    return true;
}

Status Crossing::put_registry() {
    if (const Status health = next_->driver->health();
        !health.ok() && health.code != StatusCode::unsupported) {
        return health;
    }
    parts_.slot.write_to_next(next_, notes_.back());
    is_written_to_ = true;
    parts_.control.run_on([] {});  // a load after an earlier lapse is through
    return parts_.roster.put_back(*next_->driver);
}

Status Crossing::open_sessions() {
    const auto everyone = std::make_shared<Everyone>(parts_.workers.count());
    parts_.workers.change_sessions([this, everyone](std::size_t number, SessionChange& change) {
        change.note_in(notes_[number], &pace_);
        change.open(*next_->driver, answer_within_,
                    [everyone](Status status) { everyone->one_is_done(status); });
    });
    everyone->wait();
    return everyone->status();
}

Status Crossing::carry() {
    target_.emplace(*next_->driver, answer_within_, parts_.clock, parts_.log);
    std::vector<logic::ChangedSwarms*> notes;
    for (logic::ChangedSwarms& one : notes_) {
        notes.push_back(&one);
    }
    carry_.emplace(*old_->driver, *target_, std::move(notes), ends_);
    Status status = pass(&logic::Carry::first_pass);
    outcome_.swarms = carry_->carried();
    std::size_t before = ~std::size_t{0};
    const auto is_quick = [this] {
        return pass_took_ <= limits::carry_hold_max / 4;
    };
    for (outcome_.passes = 1; status.ok() && outcome_.passes < limits::carry_passes_max;
         ++outcome_.passes) {
        status = pass(&logic::Carry::next_pass);
        const std::size_t now = carry_->carried();
        if ((now <= limits::carry_few && is_quick()) ||
            (now > before / 2 && pass_took_ < limits::carry_short)) {
            break;  // as few as there will be
        }
        before = now;
    }
    ++outcome_.passes;  // the last one, or the first
    if (status.ok() && !is_quick()) {
        status = too_slow;
    }
    return status.ok() ? parts_.slot.next_status() : status;
}

/// The workers may change half as much meanwhile as it carries, so that the next one is half as
/// long: all of them together take no longer than the first one took.
Status Crossing::pass(Status (logic::Carry::*which)()) {
    const auto began = Steady::now();
    const Status status = ((*carry_).*which)();
    const auto took = Steady::now() - began;
    pass_took_ = std::chrono::ceil<std::chrono::microseconds>(took);
    if (carry_->caught_up() >= limits::carry_enough_to_measure) {
        const double speed =
            static_cast<double>(carry_->caught_up()) / std::chrono::duration<double>(took).count();
        const double each = speed / 2 / static_cast<double>(notes_.size() - 1);
        pace_.set(std::max<std::uint64_t>(static_cast<std::uint64_t>(each), 1));
    }
    return status;
}

Status Crossing::cross() {
    const auto began = Steady::now();
    const auto until = began + limits::carry_hold_max;
    const auto quiet = std::make_shared<Everyone>(parts_.workers.count());
    parts_.workers.change_sessions(
        [hold = hold_, quiet](std::size_t /*number*/, SessionChange& change) {
            change.hold(*hold, limits::carry_hold_max, [quiet] { quiet->one_is_done(); });
        });
    const Status carried = carry_the_rest(*quiet, until);
    if (!carried.ok() || !hold_->finish()) {
        return carried.ok() ? held_too_long : carried;
    }
    parts_.slot.take_over();
    has_crossed_ = true;
    old_->door.close();
    let_all_do([](SessionChange& change) { change.change_over(); });
    outcome_.held = std::chrono::ceil<std::chrono::microseconds>(Steady::now() - began);
    outcome_.peers = carry_->peers();
    return {};
}

/// While the workers are held. Nobody writes to the registry either, until the end.
Status Crossing::carry_the_rest(Everyone& quiet, Steady::time_point until) {
    if (!quiet.wait_until(until)) {
        return no_answer;
    }
    if (!parts_.slot.close(left_until(until))) {
        return is_written;
    }
    old_->door.keep_back();  // from now on it is the new driver that says who fell silent
    const Status carried = carry_->next_pass();
    if (!carried.ok()) {
        return carried;
    }
    return ends_ ? given_up : parts_.slot.next_status();
}

void Crossing::settle() {
    has_erased_ = target_->has_erased();
    target_.reset();
    let_all_do([](SessionChange& change) { change.close_old(); });
    parts_.control.run_on([&] {
        parts_.roster.forget_lapse();
        if (const Status followed = parts_.slot.follow_again(); !followed.ok()) {
            parts_.log.write(Severity::warning, area, "changes of other nodes will not be noticed",
                             {{"reason", followed.reason}});
        }
        parts_.filling.reload();
    });
    forget_erased_users();
    say_farewells();
    {
        const std::unique_lock reading(old_->in_use);  // ends here, not on the control loop
    }
    parts_.control.run_on([&] { TrackerSlot::retire(*old_); });
    outcome_.took = std::chrono::ceil<milliseconds>(Steady::now() - began_);
}

/// Who was carried after they were erased. What others have changed meanwhile, the roster knows.
void Crossing::forget_erased_users() {
    auto users = parts_.slot.take_erased_users();
    const auto others = old_->feed.take();
    users.insert(users.end(), others.users.begin(), others.users.end());
    std::erase_if(users, [&](UserId user) { return parts_.roster.user(user).has_value(); });
    Status status;
    if (!users.empty()) {
        status = parts_.slot.erase_users(users);
    }
    if (status.ok() && (others.any || has_erased_)) {
        status = parts_.roster.put_back(*next_->driver);
    }
    if (!status.ok()) {
        parts_.log.write(Severity::warning, area,
                         "the registry has changed during the change of driver, and the new one "
                         "could not be told all of it",
                         {{"reason", status.reason}});
    }
}

/// The old driver has said farewell to some of those whom the new one has found silent; others
/// have come back.
void Crossing::say_farewells() {
    for (const ExpiredPeer& gone : next_->door.open()) {
        if (!old_->door.has_passed(gone) && !is_back(gone)) {
            parts_.farewells.expired({&gone, 1});
        }
    }
}

bool Crossing::is_back(const ExpiredPeer& gone) {
    Finder finder(gone.peer);
    return next_->driver->read_swarm(gone.info_hash, finder).ok() && finder.is_later;
}

}  // namespace chihaya::app
