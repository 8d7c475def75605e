#include "plugins/memory/saved_swarm.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/snapshot_format.hpp"

#include <algorithm>

namespace chihaya::memory {
namespace {

static_assert(saved_row::partial == row::partial && saved_row::seeder == row::seeder &&
              saved_row::age == tick_mask);

/// The word of a row. The tick becomes an age; a row that announced just after `as_of` is new.
std::uint16_t word_of(std::uint16_t meta, bool is_hidden, const Moment& as_of) noexcept {
    const std::uint32_t age = TickScale::age(as_of.tick, meta & tick_mask);
    const unsigned flags = meta & (unsigned{row::partial} | unsigned{row::seeder});
    return static_cast<std::uint16_t>(age | flags | (is_hidden ? saved_row::hidden : 0U));
}

/// How many rows are nobody's: a member's row is written with the member.
template <std::size_t number>
std::uint32_t rows_of_nobody(std::uint32_t rows, const std::vector<Member>& members) noexcept {
    const auto owned = std::ranges::count_if(
        members, [](const Member& member) { return member.position[number] != absent; });
    return rows - static_cast<std::uint32_t>(owned);
}

std::chrono::sys_seconds at_second(std::uint32_t second) noexcept {
    return std::chrono::sys_seconds(std::chrono::seconds(second));
}

/// The start of the tick in which a row was announced.
std::uint32_t second_of(std::uint16_t word, const SavedTime& time) noexcept {
    const std::uint32_t ticks = time.as_of / time.tick_seconds;
    const std::uint32_t age = word & saved_row::age;
    const std::uint32_t second = (ticks - std::min(ticks, age)) * time.tick_seconds;
    return second - std::min(second, time.earlier_by);
}

PeerFlags flags_of(std::uint16_t word) noexcept {
    auto flags = (word & saved_row::seeder) != 0 ? PeerFlags::seeder : PeerFlags::none;
    flags = flags | ((word & saved_row::partial) != 0 ? PeerFlags::paused : PeerFlags::none);
    return flags | ((word & saved_row::hidden) != 0 ? PeerFlags::hidden : PeerFlags::none);
}

Ipv4Endpoint& endpoint_of(PeerRecord& record, const Ipv4Endpoint& /*family*/) noexcept {
    return record.ipv4;
}
Ipv6Endpoint& endpoint_of(PeerRecord& record, const Ipv6Endpoint& /*family*/) noexcept {
    return record.ipv6;
}

template <class Endpoint>
bool decode_row(ByteReader& from, const SavedTime& time, bool has_id, SavedPeer& peer) noexcept {
    peer = {};
    Endpoint& endpoint = endpoint_of(peer.record, Endpoint{});
    from.fill(endpoint.wire);
    const auto word = from.number<std::uint16_t>();
    if (has_id) {
        from.fill(peer.record.peer_id.bytes);
    }
    const std::uint32_t second = second_of(word, time);
    peer.seen[family<Endpoint>] = second;
    peer.record.flags = flags_of(word);
    peer.record.last_announce = at_second(second);
    return endpoint.present() && !from.failed();
}

bool decode_endpoints(ByteReader& from, const SavedTime& time, std::uint8_t bits,
                      SavedPeer& peer) noexcept {
    PeerRecord& record = peer.record;
    if ((bits & (saved_member::key | saved_member::ipv4)) != 0) {
        from.fill(record.ipv4.wire);
    }
    if ((bits & saved_member::ipv4) != 0) {
        peer.seen[0] = second_of(from.number<std::uint16_t>(), time);
    }
    if ((bits & saved_member::ipv6) != 0) {
        from.fill(record.ipv6.wire);
        peer.seen[1] = second_of(from.number<std::uint16_t>(), time);
    }
    const bool has_ipv4 = (bits & (saved_member::key | saved_member::ipv4)) != 0;
    const bool has_ipv6 = (bits & saved_member::ipv6) != 0;
    return record.ipv4.present() == has_ipv4 && record.ipv6.present() == has_ipv6;
}

bool decode_member(ByteReader& from, const SavedTime& time, SavedPeer& peer) noexcept {
    peer = {};
    PeerRecord& record = peer.record;
    const auto bits = from.number<std::uint8_t>();
    const auto second = [&] {
        const auto read = from.number<std::uint32_t>();
        return at_second(read - std::min(read, time.earlier_by));
    };
    record.user = UserId{from.number<std::uint64_t>()};
    from.fill(record.peer_id.bytes);
    record.key = from.number<std::uint32_t>();
    record.last_announce = second();
    record.flags = PeerFlags{bits & std::uint32_t{saved_member::flags}};
    if ((bits & saved_member::unsure) != 0) {
        record.flags = record.flags | PeerFlags::unsure;
    }
    if (record.user != UserId::none) {
        record.uploaded = from.number<std::uint64_t>();
        record.downloaded = from.number<std::uint64_t>();
        record.left = from.number<std::uint64_t>();
        record.corrupt = from.number<std::uint64_t>();
        record.first_announce = second();
        record.announces = from.number<std::uint32_t>();
    }
    const bool has_key = (bits & saved_member::key) != 0;
    return decode_endpoints(from, time, bits, peer) && has_key == (record.user == UserId::none) &&
           !from.failed();
}

template <class Decode>
bool decode_some(std::uint32_t count, std::vector<SavedPeer>& peers, Decode decode) {
    for (std::uint32_t at = 0; at < count; ++at) {
        if (!decode(peers.emplace_back())) {
            return false;
        }
    }
    return true;
}

}  // namespace

SwarmEncoder::SwarmEncoder(SwarmCopy& copy, const TickScale& ticks) noexcept
    : copy_(copy), ticks_(ticks) {
    if (!copy.swarm().is_inline()) {
        ipv4_ = copy.ipv4();
        ipv6_ = copy.ipv6();
        ipv4_left_ = rows_of_nobody<0>(ipv4_.size(), copy.members());
        ipv6_left_ = rows_of_nobody<1>(ipv6_.size(), copy.members());
        has_ids_ = ipv4_.has_ids() || ipv6_.has_ids();
    }
}

bool SwarmEncoder::next(ByteWriter& to, const Moment& as_of) {
    const Swarm& swarm = copy_.swarm();
    const auto all_members = static_cast<std::uint32_t>(copy_.shown_members().size());
    std::uint32_t room = limits::piece_rows;
    const auto share = [&](std::uint32_t wanted) {
        const std::uint32_t some = std::min(room, wanted);
        room -= some;
        return some;
    };
    const std::uint32_t ipv4 = share(swarm.is_inline() ? swarm.inline_count() : ipv4_left_);
    const std::uint32_t ipv6 = share(ipv6_left_);
    const std::uint32_t members = share(all_members - member_at_);
    const unsigned bits = (swarm.is_registered() ? piece::registered : 0U) |
                          (has_ids_ ? piece::has_ids : 0U) | (begun_ ? piece::continued : 0U);
    begun_ = true;
    peers_ += ipv4 + ipv6 + members;

    to.append(swarm.info_hash().bytes);
    to.number(static_cast<std::uint8_t>(bits));
    to.short_number(copy_.counts().snatches);
    to.short_number(ipv4);
    to.short_number(ipv6);
    to.short_number(members);
    if (swarm.is_inline()) {
        inline_rows(to, as_of);
        return false;
    }
    ipv4_left_ -= ipv4;
    ipv6_left_ -= ipv6;
    rows(ipv4_, ipv4, ipv4_at_, to, as_of);
    rows(ipv6_, ipv6, ipv6_at_, to, as_of);
    for (const std::uint32_t end = member_at_ + members; member_at_ < end; ++member_at_) {
        member(copy_.shown_members()[member_at_], to, as_of);
    }
    return ipv4_left_ != 0 || ipv6_left_ != 0 || member_at_ < all_members;
}

void SwarmEncoder::inline_rows(ByteWriter& to, const Moment& as_of) {
    const Swarm& swarm = copy_.swarm();
    for (std::uint32_t at = 0; at < swarm.inline_count(); ++at) {
        const Swarm::InlinePeer& peer = swarm.inline_peer(at);
        to.append(peer.endpoint.wire);
        to.number(word_of(peer.meta, peer.is_hidden(), as_of));
    }
}

template <class Endpoint>
void SwarmEncoder::rows(const PeerArray<Endpoint>& all, std::uint32_t count, std::uint32_t& at,
                        ByteWriter& to, const Moment& as_of) {
    for (; count != 0; ++at) {
        if (all.is_owned(at)) {
            continue;
        }
        --count;
        to.append(all.endpoint(at).wire);
        to.number(word_of(all.meta(at), at >= all.end_of(Region::leechers), as_of));
        if (has_ids_) {
            to.append(all.id(at).bytes);
        }
    }
}

void SwarmEncoder::member(const Member& member, ByteWriter& to, const Moment& as_of) const {
    unsigned bits = static_cast<std::uint32_t>(member.flags) & saved_member::flags;
    bits |= member.position[0] != absent ? saved_member::ipv4 : 0U;
    bits |= member.position[1] != absent ? saved_member::ipv6 : 0U;
    bits |= !member.has_account() ? saved_member::key : 0U;
    bits |= member.is(PeerFlags::unsure) ? saved_member::unsure : 0U;
    to.number(static_cast<std::uint8_t>(bits));
    to.number(member.user);
    to.append(member.peer_id.bytes);
    to.number(member.client_key);
    to.number(member.last_announce);
    if (member.has_account()) {
        to.number(member.uploaded);
        to.number(member.downloaded);
        to.number(member.left);
        to.number(member.corrupt);
        to.number(member.first_announce);
        to.number(member.announces);
    } else if (member.position[0] == absent) {
        to.append(unpack(member.uploaded).wire);
    }
    place(ipv4_, member.position[0], to, as_of);
    place(ipv6_, member.position[1], to, as_of);
}

template <class Endpoint>
void SwarmEncoder::place(const PeerArray<Endpoint>& all, std::uint32_t at, ByteWriter& to,
                         const Moment& as_of) const {
    if (at != absent) {
        to.append(all.endpoint(at).wire);
        to.number(word_of(all.meta(at), false, as_of));
    }
}

bool decode_piece(ByteReader& from, const SavedTime& time, SavedPiece& piece,
                  std::vector<SavedPeer>& peers) {
    peers.clear();
    from.fill(piece.info_hash.bytes);
    const auto bits = from.number<std::uint8_t>();
    piece.is_registered = (bits & piece::registered) != 0;
    piece.is_continued = (bits & piece::continued) != 0;
    piece.snatches = from.short_number();
    piece.ipv4 = from.short_number();
    piece.ipv6 = from.short_number();
    piece.members = from.short_number();
    if (from.failed() || (bits & ~piece::all) != 0 ||
        std::uint64_t{piece.ipv4} + piece.ipv6 + piece.members > limits::piece_rows) {
        return false;
    }
    const bool has_ids = (bits & piece::has_ids) != 0;
    return decode_some(piece.ipv4, peers,
                       [&](SavedPeer& peer) {
                           return decode_row<Ipv4Endpoint>(from, time, has_ids, peer);
                       }) &&
           decode_some(piece.ipv6, peers,
                       [&](SavedPeer& peer) {
                           return decode_row<Ipv6Endpoint>(from, time, has_ids, peer);
                       }) &&
           decode_some(piece.members, peers,
                       [&](SavedPeer& peer) { return decode_member(from, time, peer); });
}

}  // namespace chihaya::memory
