#include "choice.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tiny {
namespace {

using chihaya::AnnounceFlags;
using chihaya::Ipv4Endpoint;
using chihaya::Ipv6Endpoint;
using chihaya::PeerId;

/// What is asked for in one address family.
template <class Endpoint>
struct Wish {
    Endpoint PeerRecord::*family;
    Endpoint own;
    std::uint32_t count = 0;
    unsigned preferred_bits = 0;
    std::uint8_t* room = nullptr;
    PeerId* ids = nullptr;
};

template <class Endpoint>
bool is_near(const Endpoint& left, const Endpoint& right, unsigned bits) {
    const unsigned bytes = bits / 8;
    const unsigned rest = bits % 8;
    const unsigned difference = rest == 0 ? 0U : unsigned{left.wire[bytes]} ^ right.wire[bytes];
    return std::equal(left.wire.begin(), left.wire.begin() + bytes, right.wire.begin()) &&
           difference >> (8U - rest) == 0;
}

/// Those who may be handed out.
using Candidates = std::vector<const PeerRecord*>;

/// In random order, near ones first.
template <class Endpoint>
void arrange(Candidates& candidates, const Wish<Endpoint>& wish, std::mt19937_64& random) {
    std::shuffle(candidates.begin(), candidates.end(), random);
    if (wish.preferred_bits != 0) {
        std::stable_partition(candidates.begin(), candidates.end(), [&](const PeerRecord* peer) {
            return is_near(peer->*wish.family, wish.own, wish.preferred_bits);
        });
    }
}

/// Seeders up to three quarters, leechers for the rest, then whoever is left.
Candidates mix(const Candidates& seeders, const Candidates& leechers, std::size_t wanted) {
    const std::size_t quota = leechers.empty() ? wanted : wanted - wanted / 4;
    std::size_t from_seeders = std::min(seeders.size(), quota);
    const std::size_t from_leechers = std::min(leechers.size(), wanted - from_seeders);
    from_seeders = std::min(seeders.size(), wanted - from_leechers);
    Candidates chosen;
    std::copy_n(seeders.begin(), from_seeders, std::back_inserter(chosen));
    std::copy_n(leechers.begin(), from_leechers, std::back_inserter(chosen));
    return chosen;
}

/// The announcer: nobody is handed itself or another client of its own account.
struct Announcer {
    Swarm::Key key;
    chihaya::UserId user;
    chihaya::ReachSet reach;
    bool wants_seeders;

    [[nodiscard]] bool may_meet(const Swarm::Key& other_key, const Peer& other) const {
        const bool is_own_account = user != chihaya::UserId::none && other.record.user == user;
        return other_key != key && !is_own_account && !other.is_hidden() && !other.is_dormant() &&
               (wants_seeders || !other.is_seeder());
    }
};

template <class Endpoint>
std::uint32_t hand_out(const Swarm& swarm, const Announcer& announcer, const Wish<Endpoint>& wish,
                       std::mt19937_64& random) {
    if (wish.count == 0) {
        return 0;
    }
    Candidates seeders;
    Candidates leechers;
    for (const auto& [key, peer] : swarm.peers()) {
        const Endpoint& endpoint = peer.record.*wish.family;
        const bool is_in_reach =
            endpoint.present() && (announcer.reach & reach_bit(reach_of(endpoint))) != 0;
        if (is_in_reach && announcer.may_meet(key, peer)) {
            (peer.is_seeder() ? seeders : leechers).push_back(&peer.record);
        }
    }
    arrange(seeders, wish, random);
    arrange(leechers, wish, random);
    const Candidates chosen = mix(seeders, leechers, wish.count);
    std::uint8_t* out = wish.room;
    PeerId* id = wish.ids;
    for (const PeerRecord* peer : chosen) {
        out = std::ranges::copy((peer->*wish.family).wire, out).out;
        if (id != nullptr) {
            *id++ = peer->peer_id;
        }
    }
    return static_cast<std::uint32_t>(chosen.size());
}

}  // namespace

void choose(const Swarm& swarm, const AnnounceRequest& request, const TrackerSetup& setup,
            std::mt19937_64& random, chihaya::AnnounceReply& reply) {
    const Swarm::Key key = peer_key(request).bytes;
    const PeerRecord& self = swarm.peers().at(key).record;
    const Announcer announcer{key, request.user, chihaya::reach_for(request.ipv4, request.ipv6),
                              !has(request.flags, AnnounceFlags::only_leechers)};
    Wish<Ipv4Endpoint> ipv4{&PeerRecord::ipv4, self.ipv4, request.num_want_ipv4,
                            setup.preferred_ipv4_bits, request.room.ipv4};
    Wish<Ipv6Endpoint> ipv6{&PeerRecord::ipv6, self.ipv6, request.num_want_ipv6,
                            setup.preferred_ipv6_bits, request.room.ipv6};
    if (has(request.flags, AnnounceFlags::own_families_only)) {
        ipv4.count = self.ipv4.present() ? ipv4.count : 0;
        ipv6.count = self.ipv6.present() ? ipv6.count : 0;
    }
    if (has(request.flags, AnnounceFlags::want_peer_ids)) {
        ipv4.ids = request.room.ipv4_ids;
        ipv6.ids = request.room.ipv6_ids;
        reply.has_peer_ids = true;
    }
    reply.ipv4_peers = hand_out(swarm, announcer, ipv4, random);
    reply.ipv6_peers = hand_out(swarm, announcer, ipv6, random);
}

}  // namespace tiny
