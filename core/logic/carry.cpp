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
constexpr Status given_up{StatusCode::unavailable, "given up"};

// Stops and erasures handed on at once.
constexpr std::size_t piece = 512;

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

template <class Write>
void ChangedSwarms::write(Write write) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        if (changes_.peers.size() + changes_.stops.size() + changes_.erased.size() >=
            limits::carry_notes_max) {
            changes_.is_complete = false;
        } else if (changes_.is_complete) {
            write();
        }
    } catch (const std::exception&) {
        changes_.is_complete = false;
    }
}

void ChangedSwarms::note(const AnnounceRequest& request) noexcept {
    write([&] {
        if (request.event == Event::stopped) {
            AnnounceRequest stop = request;
            stop.room = {};
            stop.num_want_ipv4 = stop.num_want_ipv6 = 0;
            stop.flags = AnnounceFlags::none;
            changes_.stops.push_back(stop);
        }
        changes_.peers.push_back({request.info_hash, peer_key(request)});
    });
}

void ChangedSwarms::note_silent(const ExpiredPeer& gone) noexcept {
    AnnounceRequest stop;
    stop.info_hash = gone.info_hash;
    stop.peer_id = gone.peer.peer_id;
    stop.ipv4 = gone.peer.ipv4;
    stop.ipv6 = gone.peer.ipv6;
    stop.user = gone.peer.user;
    stop.event = Event::stopped;
    note(stop);
}

void ChangedSwarms::note_swarm(const InfoHash& info_hash) noexcept {
    write([&] { changes_.peers.push_back({info_hash, everybody}); });
}

void ChangedSwarms::note_erased(std::span<const TorrentErasure> torrents) noexcept {
    for (const TorrentErasure& torrent : torrents) {
        write([&] {
            changes_.erased.push_back(torrent);
            changes_.peers.push_back({torrent.info_hash, everybody});
        });
    }
}

ChangedSwarms::Changes ChangedSwarms::take() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(changes_, {});
}

/// One swarm, or what is wanted of it, on its way.
class Carry::OneSwarm final : public SwarmSink {
public:
    void begin(const InfoHash& info_hash, std::span<const ChangedSwarms::Change> changes) noexcept {
        record = {};
        record.info_hash = info_hash;
        peers.clear();
        is_there = false;
        is_complete = true;
        changes_ = changes;
    }

    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> some) noexcept override {
        if (swarm.info_hash != record.info_hash) {
            return false;
        }
        record = swarm;
        is_there = true;
        try {
            for (const PeerRecord& peer : some) {
                if (has_changed(peer, changes_)) {
                    peers.push_back(peer);
                    peers.back().flags = peer.flags | PeerFlags::current;
                }
            }
        } catch (const std::exception&) {
            is_complete = false;
        }
        return is_complete;
    }

    SwarmRecord record;
    std::vector<PeerRecord> peers;
    bool is_there = false;
    bool is_complete = true;

private:
    std::span<const ChangedSwarms::Change> changes_;
};

Carry::Carry(TrackerDriver& from, CarryTarget& to, std::vector<ChangedSwarms*> notes,
             const std::atomic<bool>& ends)
    : from_(from), to_(to), notes_(std::move(notes)), ends_(ends) {}

Status Carry::ended() const noexcept {
    return ends_ ? given_up : Status{};
}

// Their names first, then one after the other: the target may take its time, and within
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
        return status.ok() ? carry_all(tasks) : status;
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

/// Several threads at the same tasks: where each swarm takes a round trip, they wait side by side.
class Carry::Lanes {
public:
    Lanes(Carry& carry, std::span<const Task> tasks) : carry_(carry), tasks_(tasks) {}

    void run() noexcept {
        try {
            OneSwarm room;
            for (std::size_t at = next_++; at < tasks_.size() && !has_failed_; at = next_++) {
                Status status = carry_.ended();
                if (status.ok()) {
                    status = carry_.carry_swarm(tasks_[at], room);
                }
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
    constexpr std::size_t worth_a_thread = 4;
    carried_ += tasks.size();
    Lanes lanes(*this, tasks);
    const std::size_t count = std::min<std::size_t>(to_.lanes(), tasks.size() / worth_a_thread);
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

Status Carry::carry_swarm(const Task& task, OneSwarm& room) {
    room.begin(task.info_hash, task.changes);
    const Status status = from_.read_swarm(task.info_hash, room);
    if (!status.ok() || !room.is_there) {
        return status;
    }
    if (!room.is_complete) {
        return out_of_memory;
    }
    peers_ += room.peers.size();
    return to_.add_peers(room.record, room.peers);
}

}  // namespace chihaya::logic
