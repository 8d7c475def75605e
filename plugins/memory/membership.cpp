#include "plugins/memory/swarm.hpp"

#include <algorithm>
#include <chrono>

// The part of a swarm that deals with members.

namespace chihaya::memory {
namespace {

std::chrono::sys_seconds at_second(std::uint32_t second) noexcept {
    return std::chrono::sys_seconds(std::chrono::seconds(second));
}

void note(Member& member, const Sighting& sighting) noexcept {
    member.flags = sighting.flags;
    member.peer_id = sighting.peer_id;
    member.client_key = sighting.client_key;
    member.last_announce = std::max(member.last_announce, sighting.at.second);
    if (!member.has_account()) {
        return;
    }
    member.uploaded = sighting.uploaded;
    member.downloaded = sighting.downloaded;
    member.left = sighting.left;
    member.corrupt = sighting.corrupt;
    if (sighting.new_stay || member.announces == 0) {
        member.first_announce = sighting.at.second;
        member.announces = 0;
    }
    member.announces += member.announces != ~std::uint32_t{0} ? 1 : 0;
}

}  // namespace

PeerHistory history_of(const Member& member) noexcept {
    if (member.is(PeerFlags::unsure)) {
        return {};
    }
    PeerHistory history = known_as(member.is(PeerFlags::seeder));
    if (member.has_account()) {
        history.uploaded = member.uploaded;
        history.downloaded = member.downloaded;
        history.left = member.left;
        history.corrupt = member.corrupt;
        history.first_announce = at_second(member.first_announce);
        history.last_announce = at_second(member.last_announce);
        history.announces = member.announces;
        history.was_dormant = member.is(PeerFlags::dormant);
    }
    return history;
}

std::uint32_t Swarm::find_member(const Sighting& sighting, const Surroundings& in) const noexcept {
    const Members* const members = held_.blocks.members;
    if (members == nullptr) {
        return absent;
    }
    if (sighting.user != UserId::none) {
        return members->find(in.secret, sighting.user, sighting.peer_id);
    }
    return sighting.ipv4.present() ? members->find(in.secret, sighting.ipv4) : absent;
}

Seen Swarm::see_member(const Sighting& sighting, const Surroundings& in) {
    Blocks& blocks = held_.blocks;
    // All the room first, and only where it is needed: after this nothing can fail.
    if (blocks.members == nullptr) {
        blocks.members = Members::create(in.heap);
    }
    Members& members = *blocks.members;
    Seen seen;
    seen.member = find_member(sighting, in);
    if (seen.member == absent) {
        members.reserve(in.heap, in.secret);
    }
    const auto at = seen.member == absent ? seen.position : members[seen.member].position;
    if (sighting.ipv4.present() && at[0] == absent) {
        blocks.ipv4.reserve(in, Columns::owners);
    }
    if (sighting.ipv6.present() && at[1] == absent) {
        blocks.ipv6.reserve(in, Columns::owners);
    }

    if (seen.member == absent) {
        seen.member = add_member(sighting, seen, in);
    } else {
        seen.history = history_of(members[seen.member]);
        members.discount(members[seen.member]);
    }
    note(members[seen.member], sighting);
    members.count(members[seen.member]);
    place(seen.member, sighting, sighting.ipv4, in);
    place(seen.member, sighting, sighting.ipv6, in);
    seen.position = members[seen.member].position;
    return seen;
}

std::uint32_t Swarm::add_member(const Sighting& sighting, Seen& seen,
                                const Surroundings& in) noexcept {
    Blocks& blocks = held_.blocks;
    Member fresh;
    fresh.user = static_cast<std::uint64_t>(sighting.user);
    fresh.peer_id = sighting.peer_id;
    if (!fresh.has_account()) {
        fresh.uploaded = pack(sighting.ipv4);
        const auto alone = blocks.ipv4.find(sighting.ipv4, in.secret.hash(sighting.ipv4));
        if (alone != absent && !blocks.ipv4.is_owned(alone)) {
            // The peer itself, of which only the IPv4 side was known.
            seen.history = known_as((blocks.ipv4.meta(alone) & row::seeder) != 0);
            blocks.ipv4.remove(in, blocks.members, alone);
        }
    }
    return blocks.members->add(in.secret, fresh);
}

template <class Endpoint>
void Swarm::place(std::uint32_t member, const Sighting& sighting, const Endpoint& endpoint,
                  const Surroundings& in) noexcept {
    PeerArray<Endpoint>& all = array<Endpoint>();
    Members& members = *held_.blocks.members;
    const std::uint32_t at = members[member].position[family<Endpoint>];
    const Region region = region_of(sighting.flags);
    const unsigned meta = meta_of(sighting) | unsigned{row::owned};
    if (at != absent && endpoint.present() && all.endpoint(at) != endpoint) {
        unplace<Endpoint>(member, in);
    } else if (at != absent) {
        const std::uint16_t then = all.meta(at) & tick_mask;
        const bool over = TickScale::age(in.now.tick, then) > in.rules.limit_ticks;
        if (!endpoint.present() && over) {
            unplace<Endpoint>(member, in);
            return;
        }
        const unsigned kept = endpoint.present() ? meta : (meta & ~tick_mask) | then;
        all.update(in, &members, at, {region, static_cast<std::uint16_t>(kept)});
        return;
    }
    if (!endpoint.present()) {
        return;
    }
    const std::uint32_t other = all.find(endpoint, in.secret.hash(endpoint));
    if (other != absent) {
        if (!yields(all, other, members[member].user, in)) {
            return;
        }
        unplace<Endpoint>(all.owner(other), in);
    }
    all.insert(in, &members, region,
               {.endpoint = endpoint, .meta = static_cast<std::uint16_t>(meta), .owner = member});
}

/// May a peer of `user` have the row `at`, whose endpoint it has named? Not that of a peer in its
/// own right, which nobody else may take along when leaving; that of a client of the same account,
/// which has been started anew; that of another account when it has not been heard of for long.
template <class Endpoint>
bool Swarm::yields(const PeerArray<Endpoint>& all, std::uint32_t at, std::uint64_t user,
                   const Surroundings& in) const noexcept {
    return all.is_owned(at) &&
           ((*held_.blocks.members)[all.owner(at)].user == user ||
            TickScale::age(in.now.tick, all.meta(at) & tick_mask) > in.rules.limit_ticks / 2);
}

template <class Endpoint>
void Swarm::unplace(std::uint32_t member, const Surroundings& in) noexcept {
    std::uint32_t& position = (*held_.blocks.members)[member].position[family<Endpoint>];
    if (position != absent) {
        array<Endpoint>().remove(in, held_.blocks.members, position);
        position = absent;
    }
}
template void Swarm::unplace<Ipv4Endpoint>(std::uint32_t, const Surroundings&) noexcept;
template void Swarm::unplace<Ipv6Endpoint>(std::uint32_t, const Surroundings&) noexcept;

void Swarm::remove_member(std::uint32_t at, const Surroundings& in) noexcept {
    Blocks& blocks = held_.blocks;
    Members& members = *blocks.members;
    unplace<Ipv4Endpoint>(at, in);
    unplace<Ipv6Endpoint>(at, in);
    members.discount(members[at]);
    members.remove(in.secret, at);
    if (at < members.size()) {
        const auto& moved = members[at].position;
        if (moved[0] != absent) {
            blocks.ipv4.set_owner(moved[0], at);
        }
        if (moved[1] != absent) {
            blocks.ipv6.set_owner(moved[1], at);
        }
    }
}

}  // namespace chihaya::memory
