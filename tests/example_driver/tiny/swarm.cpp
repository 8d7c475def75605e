#include "swarm.hpp"

#include <algorithm>

namespace tiny {
namespace {

using chihaya::Event;
using chihaya::PeerFlags;
using chihaya::UserId;

PeerFlags flags_of(const AnnounceRequest& request) {
    PeerFlags flags = PeerFlags::none;
    if (request.left == 0) {
        flags = flags | PeerFlags::seeder;
    } else if (request.event == Event::paused) {
        flags = flags | PeerFlags::paused;
    }
    return has(request.flags, chihaya::AnnounceFlags::hidden) ? flags | PeerFlags::hidden : flags;
}

/// Those that tell of the peer.
PeerFlags kept_of(PeerFlags flags) {
    PeerFlags kept = PeerFlags::none;
    for (const PeerFlags flag :
         {PeerFlags::seeder, PeerFlags::paused, PeerFlags::hidden, PeerFlags::dormant}) {
        kept = has(flags, flag) ? kept | flag : kept;
    }
    return kept;
}

PeerHistory history_of(const Peer& peer) {
    const PeerRecord& record = peer.record;
    PeerHistory history{.known = true, .was_seeder = peer.is_seeder()};
    if (record.user != UserId::none) {  // nobody keeps books on the others
        history.uploaded = record.uploaded;
        history.downloaded = record.downloaded;
        history.left = record.left;
        history.corrupt = record.corrupt;
        history.first_announce = record.first_announce;
        history.last_announce = record.last_announce;
        history.announces = record.announces;
        history.was_dormant = peer.is_dormant();
    }
    return history;
}

void apply(const AnnounceRequest& request, Time now, Peer& peer) {
    PeerRecord& record = peer.record;
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (record.announces == 0 || request.event == Event::started) {
        record.first_announce = second;
        record.announces = 0;
    }
    if (request.ipv4.present()) {
        record.ipv4 = request.ipv4;
        peer.ipv4_announced = now;
    }
    if (request.ipv6.present()) {
        record.ipv6 = request.ipv6;
        peer.ipv6_announced = now;
    }
    peer.announced = now;
    record.last_announce = second;
    ++record.announces;
    record.user = request.user;
    record.peer_id = request.peer_id;
    record.key = request.key;
    record.uploaded = request.uploaded;
    record.downloaded = request.downloaded;
    record.left = request.left;
    record.corrupt = request.corrupt;
    record.flags = flags_of(request);
}

Swarm::Key key_of(const PeerRecord& record) {
    AnnounceRequest request;
    request.user = record.user;
    request.peer_id = record.peer_id;
    request.ipv4 = record.ipv4;
    request.ipv6 = record.ipv6;
    return peer_key(request).bytes;
}

}  // namespace

PeerHistory Swarm::announce(const AnnounceRequest& request, Time now) {
    const auto found = peers_.find(peer_key(request).bytes);
    const bool is_known = found != peers_.end();
    const PeerHistory history = is_known ? history_of(found->second) : PeerHistory{};
    if (request.event == Event::stopped) {
        if (is_known) {
            remove(found);
        }
        return history;
    }
    Peer& peer = is_known ? found->second : peers_[peer_key(request).bytes];
    if (is_known) {
        count(peer, -1);
    }
    apply(request, now, peer);
    count(peer, +1);
    if (request.event == Event::completed && request.left == 0 && !history.was_seeder) {
        ++counts_.snatches;
    }
    return history;
}

void Swarm::add(const PeerRecord& record, Time now, const TrackerSetup& setup) {
    const bool is_dormant = has(record.flags, PeerFlags::dormant);
    if (now - record.last_announce > (is_dormant ? setup.history_lifetime : setup.peer_lifetime)) {
        return;
    }
    const Key key = key_of(record);
    const auto found = peers_.find(key);
    const bool is_known = found != peers_.end();
    const auto step = std::chrono::seconds(has(record.flags, PeerFlags::current) ? 1 : 0);
    if (is_known && found->second.record.last_announce >= record.last_announce + step) {
        return;
    }
    if (is_known) {
        count(found->second, -1);
    }
    Peer& peer = peers_[key];
    peer = {record, record.last_announce, record.last_announce, record.last_announce};
    peer.record.flags = kept_of(record.flags);
    count(peer, +1);
}

void Swarm::raise_snatches(std::uint32_t snatches) {
    counts_.snatches = std::max(counts_.snatches, snatches);
}

void Swarm::forget_user(UserId user) {
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        peer = peer->second.record.user == user ? remove(peer) : std::next(peer);
    }
}

void Swarm::expire(Time now, const TrackerSetup& setup, std::vector<PeerRecord>& gone) {
    for (auto entry = peers_.begin(); entry != peers_.end();) {
        Peer& peer = entry->second;
        const bool has_account = peer.record.user != UserId::none;
        const auto silence = now - peer.announced;
        if (silence > setup.peer_lifetime && !peer.is_dormant()) {
            count(peer, -1);
            peer.record.flags = peer.record.flags | PeerFlags::dormant;
            if (has_account) {
                gone.push_back(peer.record);
            }
        }
        const auto memory = has_account ? std::max(setup.history_lifetime, setup.peer_lifetime)
                                        : setup.peer_lifetime;
        if (silence > memory) {
            entry = remove(entry);
            continue;
        }
        if (!peer.is_dormant() && now - peer.ipv4_announced > setup.peer_lifetime) {
            peer.record.ipv4 = {};
        }
        if (!peer.is_dormant() && now - peer.ipv6_announced > setup.peer_lifetime) {
            peer.record.ipv6 = {};
        }
        ++entry;
    }
}

void Swarm::count(const Peer& peer, int sign) {
    if (peer.is_dormant()) {
        return;
    }
    const auto step = static_cast<std::uint32_t>(sign);  // unsigned numbers wrap: -1 subtracts
    (peer.is_seeder() ? counts_.seeders : counts_.leechers) += step;
    counts_.partial_seeds += has(peer.record.flags, PeerFlags::paused) ? step : 0;
}

Swarm::Peers::iterator Swarm::remove(Peers::iterator peer) {
    count(peer->second, -1);
    return peers_.erase(peer);
}

}  // namespace tiny
