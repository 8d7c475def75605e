#include "core/logic/carry.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

namespace chihaya::logic {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr Status forgotten{StatusCode::unavailable,
                           "more has changed meanwhile than could be kept in mind"};
constexpr Status not_asked_for{StatusCode::internal,
                               "the driver has shown a swarm that it was not asked for"};
constexpr Status given_up{StatusCode::unavailable, "given up"};

// Stops and erasures handed on at once.
constexpr std::size_t piece = 512;
// Swarms read and handed on at once.
constexpr std::size_t at_once = limits::carry_swarms_at_once;

/// Takes names, and nothing else.
class Names final : public SwarmSink {
public:
    explicit Names(const std::atomic<bool>& ends) : ends_(ends) {}

    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> /*peers*/) noexcept override {
        try {
            if (all.empty() || all.back() != swarm.info_hash) {
                all.push_back(swarm.info_hash);
            }
        } catch (const std::exception&) {
            is_complete = false;
        }
        return is_complete && !ends_;
    }

    std::vector<InfoHash> all;
    bool is_complete = true;

private:
    const std::atomic<bool>& ends_;
};

bool before(const ChangedSwarms::Change& left, const ChangedSwarms::Change& right) noexcept {
    return left.info_hash != right.info_hash ? left.info_hash.bytes < right.info_hash.bytes
                                             : left.peer.bytes < right.peer.bytes;
}

PeerKey key_of(const PeerRecord& peer, const Ipv4Endpoint& ipv4) noexcept {
    AnnounceRequest identity;
    identity.user = peer.user;
    identity.peer_id = peer.peer_id;
    identity.ipv4 = ipv4;
    identity.ipv6 = peer.ipv6;
    return peer_key(identity);
}

/// Is it one of them? `changes` are of its swarm, in order.
bool has_changed(const PeerRecord& peer, std::span<const ChangedSwarms::Change> changes) noexcept {
    const auto holds = [&](const PeerKey& key) {
        return std::ranges::binary_search(
            changes, key, [](const PeerKey& a, const PeerKey& b) { return a.bytes < b.bytes; },
            &ChangedSwarms::Change::peer);
    };
    if (changes.empty() || changes.front().peer == ChangedSwarms::everybody ||
        holds(key_of(peer, peer.ipv4))) {
        return true;
    }
    // Known at both addresses, it may have announced from either.
    return peer.user == UserId::none && peer.ipv4.present() && peer.ipv6.present() &&
           holds(key_of(peer, {}));
}

template <class T, class Each>
Status in_pieces(std::span<const T> all, Each each) {
    Status status;
    while (!all.empty() && status.ok()) {
        const auto some = all.first(std::min(piece, all.size()));
        all = all.subspan(some.size());
        status = each(some);
    }
    return status;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

/// Some swarms, or what is wanted of them, on their way.
class Carry::Load final : public SwarmSink {
public:
    /// Lifetime: `tasks`, until the next call of this
    void begin(std::span<const Task> tasks) {
        tasks_ = tasks;
        next_ = 0;
        status_ = {};
        is_full_ = false;
        names_.clear();
        for (const Task& task : tasks) {
            names_.push_back(task.info_hash);
        }
        swarms_.clear();
        ends_.clear();
        peers_.clear();
    }

    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> some) noexcept override {
        try {
            return take(swarm, some);
        } catch (const std::exception&) {
            status_ = out_of_memory;
        }
        return false;
    }

    [[nodiscard]] std::span<const InfoHash> names() const noexcept { return names_; }
    [[nodiscard]] Status status() const noexcept { return status_; }
    [[nodiscard]] std::size_t peers() const noexcept { return peers_.size(); }
    /// Those for which there was no room.
    [[nodiscard]] std::span<const Task> rest() const noexcept {
        return is_full_ ? tasks_.subspan(next_) : std::span<const Task>();
    }
    /// Lifetime: until `begin`
    [[nodiscard]] std::span<const SwarmInTransit> swarms() noexcept {
        std::size_t begin = 0;
        for (std::size_t i = 0; i < swarms_.size(); ++i) {
            swarms_[i].peers = std::span(peers_).subspan(begin, ends_[i] - begin);
            begin = ends_[i];
        }
        return swarms_;
    }

private:
    /// They come in the order of their names; some may not be there.
    bool take(const SwarmRecord& swarm, std::span<const PeerRecord> some) {
        if (swarms_.empty() || swarms_.back().swarm.info_hash != swarm.info_hash) {
            const auto rest = tasks_.subspan(next_);
            const auto found = std::ranges::find(rest, swarm.info_hash, &Task::info_hash);
            is_full_ = peers_.size() >= limits::carry_peers_at_once;
            if (!is_full_ && found == rest.end()) {
                status_ = not_asked_for;
            }
            if (is_full_ || !status_.ok()) {
                return false;
            }
            ends_.push_back(peers_.size());
            swarms_.push_back({swarm, {}});
            changes_ = found->changes;
            next_ += static_cast<std::size_t>(found - rest.begin()) + 1;
        }
        swarms_.back().swarm = swarm;
        for (const PeerRecord& peer : some) {
            if (has_changed(peer, changes_)) {
                peers_.push_back(peer);
                peers_.back().flags = peer.flags | PeerFlags::current;
            }
        }
        ends_.back() = peers_.size();
        return true;
    }

    std::span<const Task> tasks_;
    std::size_t next_ = 0;  // of the tasks: the one after the swarm that came last
    std::vector<InfoHash> names_;
    std::vector<SwarmInTransit> swarms_;
    std::vector<std::size_t> ends_;  // of each swarm's peers
    std::vector<PeerRecord> peers_;
    std::span<const ChangedSwarms::Change> changes_;  // of the swarm that came last
    bool is_full_ = false;
    Status status_;
};

Carry::Carry(TrackerDriver& from, CarryTarget& to, std::vector<ChangedSwarms*> notes,
             const std::atomic<bool>& ends)
    : from_(from), to_(to), notes_(std::move(notes)), ends_(ends) {}

Status Carry::ended() const noexcept {
    return ends_ ? given_up : Status{};
}

// Their names first, then some after the others: the target may take its time, and within
// `read_swarms` a lock of the driver may be held.
Status Carry::first_pass() noexcept {
    carried_ = 0;
    try {
        Names names(ends_);
        Status status = from_.read_swarms(names);
        if (status.ok()) {
            status = names.is_complete ? ended() : out_of_memory;
        }
        std::vector<Task> tasks;
        for (auto name = names.all.begin(); name != names.all.end() && status.ok(); ++name) {
            tasks.push_back({*name, {}});
        }
        status = status.ok() ? carry_all(tasks) : status;
        caught_up_ = peers_;
        return status;
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status Carry::next_pass() noexcept {
    carried_ = 0;
    try {
        return carry_changes();
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status Carry::carry_changes() {
    ChangedSwarms::Changes all;
    for (ChangedSwarms* const notes : notes_) {
        const ChangedSwarms::Changes some = notes->take();
        all.is_complete = all.is_complete && some.is_complete;
        append(all.peers, some.peers);
        append(all.stops, some.stops);
        append(all.erased, some.erased);
    }
    Status status = all.is_complete ? ended() : forgotten;
    if (status.ok()) {
        status = in_pieces(std::span(std::as_const(all.erased)),
                           [&](auto some) { return to_.erased(some); });
    }
    if (status.ok()) {
        status = in_pieces(std::span(std::as_const(all.stops)),
                           [&](auto some) { return to_.stopped(some); });
    }
    carried_ += all.erased.size() + all.stops.size();
    caught_up_ = all.peers.size();
    std::ranges::sort(all.peers, before);
    std::vector<Task> tasks;
    for (auto first = all.peers.cbegin(); first != all.peers.cend() && status.ok();) {
        const auto last = std::find_if(first, all.peers.cend(), [&](const auto& change) {
            return change.info_hash != first->info_hash;
        });
        tasks.push_back({first->info_hash, {first, last}});
        first = last;
    }
    return status.ok() ? carry_all(tasks) : status;
}

/// Several threads at the same tasks: one reads and packs while another waits for a round trip.
class Carry::Lanes {
public:
    Lanes(Carry& carry, std::span<const Task> tasks) : carry_(carry), tasks_(tasks) {}

    void run() noexcept {
        try {
            Load room;
            for (auto some = take(); !some.empty() && !has_failed_; some = take()) {
                const Status status = carry_.carry_some(some, room);
                if (!status.ok()) {
                    fail(status);
                }
            }
        } catch (const std::exception&) {
            fail(out_of_memory);
        }
    }
    /// Once nobody runs any more.
    [[nodiscard]] Status status() const noexcept { return status_; }

private:
    std::span<const Task> take() noexcept {
        const std::size_t at = std::min(next_.fetch_add(at_once), tasks_.size());
        return tasks_.subspan(at, std::min(at_once, tasks_.size() - at));
    }
    void fail(Status status) noexcept {
        if (!has_failed_.exchange(true)) {
            status_ = status;
        }
    }

    Carry& carry_;
    const std::span<const Task> tasks_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> has_failed_{false};
    Status status_;
};

Status Carry::carry_all(std::span<const Task> tasks) {
    carried_ += tasks.size();
    Lanes lanes(*this, tasks);
    const std::size_t count = std::min<std::size_t>(to_.lanes(), tasks.size() / at_once);
    std::vector<std::jthread> others;
    try {
        for (std::size_t i = 1; i < count; ++i) {
            others.emplace_back([&lanes] { lanes.run(); });
        }
    } catch (const std::exception&) {
        // Those that there are will do.
    }
    lanes.run();
    others.clear();
    return lanes.status();
}

Status Carry::carry_some(std::span<const Task> tasks, Load& room) {
    Status status = ended();
    while (status.ok() && !tasks.empty()) {
        room.begin(tasks);
        status = from_.read_some(room.names(), room);
        if (status.ok()) {
            status = room.status().ok() ? ended() : room.status();
        }
        const auto swarms = room.swarms();
        if (status.ok() && !swarms.empty()) {
            peers_ += room.peers();
            status = to_.add_swarms(swarms);
        }
        tasks = room.rest();
    }
    return status;
}

}  // namespace chihaya::logic
