#include "plugins/memory/swarm.hpp"

#include <algorithm>

namespace chihaya::memory {

std::uint16_t meta_of(const Sighting& sighting) noexcept {
    unsigned meta = sighting.at.tick;
    meta |= sighting.is(PeerFlags::seeder) ? row::seeder : 0U;
    meta |= sighting.is(PeerFlags::paused) ? row::partial : 0U;
    return static_cast<std::uint16_t>(meta);
}

Region region_of(PeerFlags flags) noexcept {
    if (has(flags, PeerFlags::hidden)) {
        return Region::hidden;
    }
    return has(flags, PeerFlags::seeder) ? Region::seeders : Region::leechers;
}

PeerHistory known_as(bool seeder) noexcept {
    PeerHistory history;
    history.known = true;
    history.was_seeder = seeder;
    return history;
}

void Swarm::start(const InfoHash& name, std::uint32_t hash, std::uint16_t tick) noexcept {
    *this = Swarm();
    info_hash_ = name;
    hash_ = hash;
    oldest_ = tick;
}

void Swarm::clear(Heap& heap) noexcept {
    if (!inline_) {
        held_.blocks.ipv4.release(heap);
        held_.blocks.ipv6.release(heap);
        Members::destroy(heap, held_.blocks.members);
    }
    inline_ = true;
    inline_count_ = 0;
}

void Swarm::release(Heap& heap) noexcept {
    clear(heap);
}

Seen Swarm::see(const Sighting& sighting, const Surroundings& in) {
    if (inline_) {
        if (inline_count_ == 0) {
            oldest_ = sighting.at.tick;
        }
        const std::uint32_t at = sighting.ipv4.present() ? find_inline(sighting.ipv4) : absent;
        const bool has_room = at != absent || inline_count_ < inline_max;
        if (has_room && sighting.ipv4.present() && !sighting.needs_member() && !in.rules.keep_ids) {
            return see_inline(sighting, at, in);
        }
        spread(in);
    }
    if (sighting.needs_member() || find_member(sighting, in) != absent) {
        return see_member(sighting, in);
    }
    return sighting.ipv4.present() ? see_alone(sighting, sighting.ipv4, in)
                                   : see_alone(sighting, sighting.ipv6, in);
}

void Swarm::expect(std::uint32_t ipv4, std::uint32_t ipv6, const Surroundings& in) {
    const Columns columns = in.rules.keep_ids ? Columns::ids : Columns::none;
    if (ipv4 + ipv6 <= inline_max) {
        return;
    }
    if (inline_) {
        spread(in);
    }
    if (ipv4 != 0) {
        held_.blocks.ipv4.reserve(in, columns, ipv4);
    }
    if (ipv6 != 0) {
        held_.blocks.ipv6.reserve(in, columns, ipv6);
    }
}

std::uint32_t Swarm::find_inline(const Ipv4Endpoint& endpoint) const noexcept {
    for (std::uint32_t at = 0; at < inline_count_; ++at) {
        if (held_.peers[at].endpoint == endpoint) {
            return at;
        }
    }
    return absent;
}

Seen Swarm::see_inline(const Sighting& sighting, std::uint32_t at, const Surroundings& /*in*/) {
    Seen seen;
    if (at != absent) {
        seen.history = known_as(held_.peers[at].is_seeder());
    } else {
        at = inline_count_++;
        held_.peers[at].endpoint = sighting.ipv4;
    }
    const unsigned hidden = sighting.is(PeerFlags::hidden) ? row::owned : 0U;
    held_.peers[at].meta = static_cast<std::uint16_t>(meta_of(sighting) | hidden);
    seen.position[0] = at;
    return seen;
}

void Swarm::remove_inline(std::uint32_t at) noexcept {
    held_.peers[at] = held_.peers[--inline_count_];
}

/// From inline peers to blocks.
void Swarm::spread(const Surroundings& in) {
    Blocks blocks{};
    const Columns columns = in.rules.keep_ids ? Columns::ids : Columns::none;
    if (inline_count_ != 0) {
        blocks.ipv4.reserve(in, columns);  // four rows at least
    }
    for (std::uint32_t at = 0; at < inline_count_; ++at) {
        const InlinePeer& peer = held_.peers[at];
        const Region visible = peer.is_seeder() ? Region::seeders : Region::leechers;
        const auto meta = static_cast<std::uint16_t>(peer.meta & ~unsigned{row::owned});
        blocks.ipv4.insert(in, nullptr, peer.is_hidden() ? Region::hidden : visible,
                           {.endpoint = peer.endpoint, .meta = meta});
    }
    held_.blocks = blocks;
    inline_ = false;
    inline_count_ = 0;
}

template <class Endpoint>
Seen Swarm::see_alone(const Sighting& sighting, const Endpoint& endpoint, const Surroundings& in) {
    PeerArray<Endpoint>& all = array<Endpoint>();
    Members* const members = held_.blocks.members;
    const std::uint32_t known = all.find(endpoint, in.secret.hash(endpoint));
    const std::uint16_t meta = meta_of(sighting);
    const Region region = region_of(sighting.flags);
    Seen seen;
    if (known != absent && !all.is_owned(known)) {
        seen.history = known_as((all.meta(known) & row::seeder) != 0);
        const std::uint32_t at = all.update(in, members, known, {region, meta});
        all.set_id(at, sighting.peer_id);
        seen.position[family<Endpoint>] = at;
        return seen;
    }
    all.reserve(in, in.rules.keep_ids ? Columns::ids : Columns::none);
    if (known != absent) {
        // Somebody else's until now; who announces from an endpoint alone is who is there.
        unplace<Endpoint>(all.owner(known), in);
    }
    seen.position[family<Endpoint>] = all.insert(
        in, members, region, {.endpoint = endpoint, .meta = meta, .id = sighting.peer_id});
    return seen;
}

Seen Swarm::look(const Sighting& sighting, const Surroundings& in) const noexcept {
    Seen seen;
    if (inline_) {
        const std::uint32_t at = sighting.user == UserId::none && sighting.ipv4.present()
                                     ? find_inline(sighting.ipv4)
                                     : absent;
        if (at != absent) {
            seen.history = known_as(held_.peers[at].is_seeder());
            seen.position[0] = at;
        }
        return seen;
    }
    seen.member = find_member(sighting, in);
    if (seen.member != absent) {
        const Member& member = (*held_.blocks.members)[seen.member];
        seen.history = history_of(member);
        seen.position = member.position;
        return seen;
    }
    if (sighting.user != UserId::none) {
        return seen;
    }
    const auto look_alone = [&](const auto& all, const auto& endpoint, std::size_t which) {
        const std::uint32_t at = all.find(endpoint, in.secret.hash(endpoint));
        if (at != absent && !all.is_owned(at)) {
            seen.history = known_as((all.meta(at) & row::seeder) != 0);
            seen.position[which] = at;
        }
    };
    if (sighting.ipv4.present()) {
        look_alone(held_.blocks.ipv4, sighting.ipv4, 0);
    } else {
        look_alone(held_.blocks.ipv6, sighting.ipv6, 1);
    }
    return seen;
}

Seen Swarm::leave(const Sighting& sighting, const Surroundings& in) noexcept {
    Seen seen = look(sighting, in);
    if (!seen.is_here()) {
        return seen;
    }
    Members* const members = inline_ ? nullptr : held_.blocks.members;
    if (inline_) {
        remove_inline(seen.position[0]);
    } else if (seen.member != absent) {
        remove_member(seen.member, in);
    } else if (seen.position[0] != absent) {
        held_.blocks.ipv4.remove(in, members, seen.position[0]);
    } else {
        held_.blocks.ipv6.remove(in, members, seen.position[1]);
    }
    tidy(in);
    return {.history = seen.history};
}

void Swarm::tidy(const Surroundings& in) noexcept {
    if (inline_) {
        return;
    }
    Blocks& blocks = held_.blocks;
    blocks.ipv4.shrink(in);
    blocks.ipv6.shrink(in);
    if (blocks.members != nullptr && blocks.members->size() == 0) {
        Members::destroy(in.heap, blocks.members);
        blocks.members = nullptr;
    } else if (blocks.members != nullptr) {
        blocks.members->shrink(in.heap, in.secret);
        return;
    }
    // One below the most that fits, so that a peer that comes and goes does not cost a block each.
    if (blocks.ipv6.size() != 0 || blocks.ipv4.size() >= inline_max ||
        (in.rules.keep_ids && blocks.ipv4.size() != 0)) {
        return;
    }
    std::array<InlinePeer, inline_max> peers{};
    const auto& all = blocks.ipv4;
    const std::uint32_t count = all.size();
    for (std::uint32_t at = 0; all.exists() && at < count; ++at) {
        const bool hidden = at >= all.end_of(Region::leechers);
        const unsigned meta = all.meta(at) | (hidden ? unsigned{row::owned} : 0U);
        peers[at] = {all.endpoint(at), static_cast<std::uint16_t>(meta)};
    }
    clear(in.heap);
    held_.peers = peers;
    inline_count_ = static_cast<std::uint8_t>(count & 3U);
}

SwarmCounts Swarm::counts() const noexcept {
    SwarmCounts all{.snatches = snatches_};
    const auto add = [&](const SwarmCounts& some) {
        all.seeders += some.seeders;
        all.leechers += some.leechers;
        all.partial_seeds += some.partial_seeds;
    };
    if (!inline_) {
        add(held_.blocks.ipv4.counts());
        add(held_.blocks.ipv6.counts());
        if (held_.blocks.members != nullptr) {
            add(held_.blocks.members->counts());
        }
        return all;
    }
    for (std::uint32_t at = 0; at < inline_count_; ++at) {
        const InlinePeer& peer = held_.peers[at];
        ++(peer.is_seeder() ? all.seeders : all.leechers);
        all.partial_seeds += peer.is_partial() ? 1U : 0U;
    }
    return all;
}

Tally Swarm::tally() const noexcept {
    const SwarmCounts all = counts();
    return {.seeders = all.seeders,
            .leechers = all.leechers,
            .ipv6 = inline_ ? 0 : held_.blocks.ipv6.size(),
            .ipv6_seeders = inline_ ? 0 : held_.blocks.ipv6.seeders()};
}

bool Swarm::is_empty() const noexcept {
    if (inline_) {
        return inline_count_ == 0;
    }
    const Blocks& blocks = held_.blocks;
    return blocks.ipv4.size() == 0 && blocks.ipv6.size() == 0 &&
           (blocks.members == nullptr || blocks.members->size() == 0);
}

void Swarm::raise_snatches(std::uint32_t snatches) noexcept {
    snatches_ = std::max(snatches_, snatches);
}

}  // namespace chihaya::memory
