#include "plugins/memory/transit.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace chihaya::memory {
namespace {

std::chrono::sys_seconds at_second(std::uint32_t second) noexcept {
    return std::chrono::sys_seconds(std::chrono::seconds(second));
}

std::uint32_t to_second(std::chrono::sys_seconds time) noexcept {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, std::int64_t{0xffffffff}));
}

PeerFlags flags_of(std::uint16_t meta, bool hidden) noexcept {
    auto flags = (meta & row::seeder) != 0 ? PeerFlags::seeder : PeerFlags::none;
    flags = flags | ((meta & row::partial) != 0 ? PeerFlags::paused : PeerFlags::none);
    return flags | (hidden ? PeerFlags::hidden : PeerFlags::none);
}

void set_endpoint(PeerRecord& record, const Ipv4Endpoint& endpoint) noexcept {
    record.ipv4 = endpoint;
}
void set_endpoint(PeerRecord& record, const Ipv6Endpoint& endpoint) noexcept {
    record.ipv6 = endpoint;
}

/// A member as a record, but for its endpoints.
PeerRecord bare_record(const Member& member) noexcept {
    PeerRecord record;
    record.user = UserId{member.user};
    record.peer_id = member.peer_id;
    record.key = member.client_key;
    record.flags = member.flags;
    record.last_announce = at_second(member.last_announce);
    if (member.has_account()) {
        record.uploaded = member.uploaded;
        record.downloaded = member.downloaded;
        record.left = member.left;
        record.corrupt = member.corrupt;
        record.first_announce = at_second(member.first_announce);
        record.announces = member.announces;
    } else {
        record.ipv4 = unpack(member.uploaded);
    }
    return record;
}

/// Hands records on in pieces, from memory that does not grow.
class Pieces {
public:
    Pieces(SwarmSink& sink, const SwarmRecord& swarm) noexcept : sink_(sink), swarm_(swarm) {}

    bool add(const PeerRecord& record) noexcept {
        if (count_ == piece_.size() && !flush()) {
            return false;
        }
        piece_[count_++] = record;
        return true;
    }
    /// Shows what is left; a swarm without peers is shown once.
    bool finish() noexcept { return (count_ == 0 && shown_) || flush(); }

private:
    bool flush() noexcept {
        const std::size_t count = count_;
        count_ = 0;
        shown_ = true;
        return sink_.swarm(swarm_, std::span(piece_).first(count));
    }

    SwarmSink& sink_;
    const SwarmRecord& swarm_;
    std::array<PeerRecord, 64> piece_{};
    std::size_t count_ = 0;
    bool shown_ = false;
};

template <class Endpoint>
bool show_rows(Pieces& pieces, const PeerArray<Endpoint>& all, const TickScale& ticks,
               const Moment& now) noexcept {
    for (std::uint32_t at = 0; at < all.size(); ++at) {
        if (all.is_owned(at)) {
            continue;
        }
        PeerRecord record;
        set_endpoint(record, all.endpoint(at));
        record.peer_id = all.id(at);
        record.flags = flags_of(all.meta(at), at >= all.end_of(Region::leechers));
        record.last_announce = at_second(ticks.second_of(all.meta(at) & tick_mask, now));
        if (!pieces.add(record)) {
            return false;
        }
    }
    return true;
}

template <class Endpoint>
void copy_block(std::vector<std::max_align_t>& to, const PeerArray<Endpoint>& from) {
    const std::size_t bytes = from.block_bytes();
    to.resize((bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
    if (bytes != 0) {
        std::memcpy(to.data(), from.address(), bytes);
    }
}

template <class Endpoint>
PeerArray<Endpoint> array_over(std::vector<std::max_align_t>& copy) noexcept {
    return copy.empty() ? PeerArray<Endpoint>{} : PeerArray<Endpoint>::over(copy.data());
}

/// Does `sighting` tell more recent things than what is known? `wins`: also at the same moment.
bool is_newer(const Swarm& swarm, const Seen& known, const Sighting& sighting, bool wins,
              const Surroundings& in) noexcept {
    if (known.member != absent) {
        const std::uint32_t last = (*swarm.blocks().members)[known.member].last_announce;
        return last < sighting.at.second || (wins && last == sighting.at.second);
    }
    const auto [ipv4, ipv6] = known.position;
    const std::uint16_t meta = swarm.is_inline() ? swarm.inline_peer(ipv4).meta
                               : ipv4 != absent  ? swarm.blocks().ipv4.meta(ipv4)
                                                 : swarm.blocks().ipv6.meta(ipv6);
    const std::uint32_t age = TickScale::age(in.now.tick, sighting.at.tick);
    const std::uint32_t known_age = TickScale::age(in.now.tick, meta & tick_mask);
    return age < known_age || (wins && age == known_age);
}

bool is_unsure(const Swarm& swarm, const Seen& known) noexcept {
    return known.member != absent && (*swarm.blocks().members)[known.member].is(PeerFlags::unsure);
}

/// A site's memory of a peer that is unsure: the site knows what is to be reckoned from, the driver
/// where the peer is, and whom it is shown to.
void remind(const Member& member, Sighting& sighting) noexcept {
    PeerFlags flags = member.is(PeerFlags::hidden) ? PeerFlags::hidden : PeerFlags::none;
    for (const PeerFlags role : {PeerFlags::seeder, PeerFlags::paused}) {
        flags = flags | (sighting.is(role) ? role : PeerFlags::none);
    }
    sighting.flags = flags;
    sighting.client_key = member.client_key;
}

}  // namespace

PeerRecord record_of(const Swarm& swarm, const Member& member) noexcept {
    PeerRecord record = bare_record(member);
    if (member.position[0] != absent) {
        record.ipv4 = swarm.blocks().ipv4.endpoint(member.position[0]);
    }
    if (member.position[1] != absent) {
        record.ipv6 = swarm.blocks().ipv6.endpoint(member.position[1]);
    }
    return record;
}

void SwarmCopy::take(const Swarm& swarm) {
    ipv4_.clear();
    ipv6_.clear();
    members_.clear();
    counts_ = swarm.counts();
    swarm_ = swarm;
    if (!swarm.is_inline()) {
        copy_block(ipv4_, swarm.blocks().ipv4);
        copy_block(ipv6_, swarm.blocks().ipv6);
        if (const Members* const members = swarm.blocks().members; members != nullptr) {
            members_.reserve(members->size());
            for (std::uint32_t at = 0; at < members->size(); ++at) {
                members_.push_back((*members)[at]);
            }
        }
    }
    shown_ = members_.size();
}

void SwarmCopy::leave_out(const ErasedUsers& users) noexcept {
    if (!users.is_empty()) {
        const auto shown = std::partition(members_.begin(), members_.end(),
                                          [&](const Member& member) { return !users.has(member); });
        shown_ = static_cast<std::size_t>(shown - members_.begin());
    }
}

PeerArray<Ipv4Endpoint> SwarmCopy::ipv4() noexcept {
    return array_over<Ipv4Endpoint>(ipv4_);
}

PeerArray<Ipv6Endpoint> SwarmCopy::ipv6() noexcept {
    return array_over<Ipv6Endpoint>(ipv6_);
}

bool SwarmCopy::show(SwarmSink& sink, const TickScale& ticks, const Moment& now) noexcept {
    SwarmRecord about;
    about.info_hash = swarm_.info_hash();
    about.counts = counts_;
    about.registered = swarm_.is_registered();
    Pieces pieces(sink, about);
    if (swarm_.is_inline()) {
        for (std::uint32_t at = 0; at < swarm_.inline_count(); ++at) {
            const Swarm::InlinePeer& peer = swarm_.inline_peer(at);
            PeerRecord record;
            record.ipv4 = peer.endpoint;
            record.flags = flags_of(peer.meta, peer.is_hidden());
            record.last_announce = at_second(ticks.second_of(peer.meta & tick_mask, now));
            if (!pieces.add(record)) {
                return false;
            }
        }
        return pieces.finish();
    }
    const auto ipv4 = this->ipv4();
    const auto ipv6 = this->ipv6();
    if (!show_rows(pieces, ipv4, ticks, now) || !show_rows(pieces, ipv6, ticks, now)) {
        return false;
    }
    for (const Member& member : shown_members()) {
        PeerRecord record = bare_record(member);
        if (member.position[0] != absent) {
            record.ipv4 = ipv4.endpoint(member.position[0]);
        }
        if (member.position[1] != absent) {
            record.ipv6 = ipv6.endpoint(member.position[1]);
        }
        if (!pieces.add(record)) {
            return false;
        }
    }
    return pieces.finish();
}

Seen take_in(Swarm& swarm, const PeerRecord& record, const Surroundings& in) {
    // What lies a little ahead is another clock's; what lies far ahead would never get old.
    const std::uint32_t ahead = in.rules.ticks.seconds() * (TickScale::skew_max / 2);
    const std::uint32_t last = std::min(to_second(record.last_announce), in.now.second + ahead);
    const bool has_account = record.user != UserId::none;
    const bool silent = is_over(in.now.second, last, in.rules.peer_lifetime);
    const bool dormant = has_account && (silent || has(record.flags, PeerFlags::dormant));
    const std::uint32_t kept = dormant ? in.rules.history_lifetime : in.rules.peer_lifetime;
    if (is_over(in.now.second, last, kept)) {
        return {};
    }

    Sighting sighting;
    sighting.user = record.user;
    sighting.peer_id = record.peer_id;
    sighting.ipv4 = record.ipv4.present() && !dormant ? record.ipv4 : Ipv4Endpoint{};
    sighting.ipv6 = record.ipv6.present() && !dormant ? record.ipv6 : Ipv6Endpoint{};
    sighting.uploaded = record.uploaded;
    sighting.downloaded = record.downloaded;
    sighting.left = record.left;
    sighting.corrupt = record.corrupt;
    sighting.client_key = record.key;
    sighting.at = in.rules.ticks.moment(last);
    const auto take_flag = [&](PeerFlags flag) {
        sighting.flags = sighting.flags | (has(record.flags, flag) ? flag : PeerFlags::none);
    };
    take_flag(PeerFlags::seeder);
    take_flag(PeerFlags::hidden);
    take_flag(PeerFlags::unsure);
    if (!sighting.is(PeerFlags::seeder)) {
        take_flag(PeerFlags::paused);
    }
    if (!sighting.ipv4.present() && !sighting.ipv6.present() && !has_account) {
        return {};
    }

    const std::uint32_t age = TickScale::age(in.now.tick, sighting.at.tick);
    const Seen known = swarm.look(sighting, in);
    const bool wins = has(record.flags, PeerFlags::current);
    if (known.history.known && !is_newer(swarm, known, sighting, wins, in)) {
        return {};
    }
    const bool is_reminded = is_unsure(swarm, known) && !sighting.is(PeerFlags::unsure) &&
                             !sighting.ipv4.present() && !sighting.ipv6.present();
    if (is_reminded) {
        remind((*swarm.blocks().members)[known.member], sighting);
    } else if (dormant && !(known.history.known && !known.history.was_dormant)) {
        sighting.flags = sighting.flags | PeerFlags::dormant;
    }
    const Seen seen = swarm.see(sighting, in);
    if (TickScale::age(in.now.tick, swarm.oldest()) < age) {
        swarm.set_oldest(sighting.at.tick);
    }
    if (seen.member != absent && has_account) {
        Member& member = (*swarm.blocks().members)[seen.member];
        member.first_announce = to_second(record.first_announce);
        member.announces = record.announces;
    }
    return seen;
}

}  // namespace chihaya::memory
