#include "plugins/memory/choice.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace chihaya::memory {
namespace {

/// Rows of an array that are not to be handed out, in ascending order.
class Excluded {
public:
    void add(std::uint32_t at) noexcept {
        if (at != absent &&
            std::find(all_.begin(), all_.begin() + count_, at) == all_.begin() + count_) {
            all_[count_++] = at;
        }
    }
    void sort() noexcept { std::sort(all_.begin(), all_.begin() + count_); }

    [[nodiscard]] std::span<const std::uint32_t> within(std::uint32_t begin,
                                                        std::uint32_t end) const noexcept {
        const auto* const last = all_.data() + count_;
        const auto* const first = std::lower_bound(all_.data(), last, begin);
        return {first, std::lower_bound(first, last, end)};
    }
    [[nodiscard]] bool contains(std::uint32_t at) const noexcept {
        return std::binary_search(all_.begin(), all_.begin() + count_, at);
    }

private:
    std::array<std::uint32_t, Members::siblings_max + 2> all_{};
    std::uint32_t count_ = 0;
};

template <std::size_t size>
bool shares_prefix(const std::array<std::uint8_t, size>& a, const std::array<std::uint8_t, size>& b,
                   unsigned bits) noexcept {
    bits = std::min<unsigned>(bits, (size - 2) * 8);
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) {
        return false;
    }
    const unsigned rest = bits % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

Quota quota(std::uint32_t seeders, std::uint32_t leechers, std::uint32_t want) noexcept {
    Quota both;
    const std::uint32_t first = leechers == 0 ? want : std::max(want * 3 / 4, want == 0 ? 0U : 1U);
    both.seeders = std::min(seeders, first);
    both.leechers = std::min(leechers, want - both.seeders);
    both.seeders = std::min(seeders, want - both.leechers);
    return both;
}

/// Who asks, and what it may be handed.
struct Chooser::Announcer {
    Ipv4Endpoint ipv4{};  // announced now, or known from before
    Ipv6Endpoint ipv6{};
    std::uint64_t user = 0;
    ReachSet reach = 0;
    bool only_leechers = false;
    bool check_accounts = false;  // its siblings are too many to be counted off
    std::array<Excluded, 2> excluded{};

    template <class Endpoint>
    [[nodiscard]] const Endpoint& endpoint() const noexcept {
        if constexpr (family<Endpoint> == 0) {
            return ipv4;
        } else {
            return ipv6;
        }
    }
};

/// The peers of one family, and where those chosen go.
template <class Endpoint>
struct Chooser::Shelf {
    const PeerArray<Endpoint>& all;
    const Members* members;
    const Excluded& excluded;
    unsigned preferred_bits;
    std::uint8_t* out;
    PeerId* ids;  // null when not wanted

    void emit(std::uint32_t at, std::uint32_t written) const noexcept {
        std::memcpy(out + std::size_t{written} * sizeof(Endpoint), all.endpoint(at).wire.data(),
                    sizeof(Endpoint));
        emit_id(at, written);
    }
    void emit_run(std::uint32_t from, std::uint32_t count, std::uint32_t written) const noexcept {
        std::memcpy(out + std::size_t{written} * sizeof(Endpoint),
                    all.wire() + std::size_t{from} * sizeof(Endpoint),
                    std::size_t{count} * sizeof(Endpoint));
        for (std::uint32_t i = 0; ids != nullptr && i < count; ++i) {
            emit_id(from + i, written + i);
        }
    }
    void emit_id(std::uint32_t at, std::uint32_t written) const noexcept {
        if (ids != nullptr) {
            ids[written] = all.is_owned(at) ? (*members)[all.owner(at)].peer_id : all.id(at);
        }
    }
};

Chooser::Chooser(std::uint64_t seed) : random_(seed) {
    for (auto& list : listed_) {
        list.reserve(candidates_max);
    }
}

void Chooser::choose(const Swarm& swarm, const AnnounceRequest& request, const Seen& seen,
                     const Surroundings& in, AnnounceReply& reply) noexcept {
    Announcer who;
    who.ipv4 = request.ipv4;
    who.ipv6 = request.ipv6;
    who.user = static_cast<std::uint64_t>(request.user);
    who.only_leechers = has(request.flags, AnnounceFlags::only_leechers);
    const bool with_ids = has(request.flags, AnnounceFlags::want_peer_ids) && in.rules.keep_ids;
    reply.has_peer_ids = with_ids;
    if (swarm.is_inline()) {
        who.reach = reach_for(who.ipv4, who.ipv6);
        choose_inline(swarm, who, request, reply);
        return;
    }

    const auto& blocks = swarm.blocks();
    if (!who.ipv4.present() && seen.position[0] != absent) {
        who.ipv4 = blocks.ipv4.endpoint(seen.position[0]);
    }
    if (!who.ipv6.present() && seen.position[1] != absent) {
        who.ipv6 = blocks.ipv6.endpoint(seen.position[1]);
    }
    who.reach = reach_for(who.ipv4, who.ipv6);
    const auto exclude = [&](const std::array<std::uint32_t, 2>& position) {
        who.excluded[0].add(position[0]);
        who.excluded[1].add(position[1]);
    };
    exclude(seen.position);
    // Where somebody else holds the announcer's endpoint, it is the announcer's all the same.
    if (seen.position[0] == absent && who.ipv4.present()) {
        who.excluded[0].add(blocks.ipv4.find(who.ipv4, in.secret.hash(who.ipv4)));
    }
    if (seen.position[1] == absent && who.ipv6.present()) {
        who.excluded[1].add(blocks.ipv6.find(who.ipv6, in.secret.hash(who.ipv6)));
    }
    if (request.user != UserId::none && blocks.members->size() > 1) {
        const auto siblings = blocks.members->siblings(in.secret, who.user);
        who.check_accounts = !siblings.complete;
        for (std::size_t i = 0; siblings.complete && i < siblings.count; ++i) {
            exclude((*blocks.members)[siblings.members[i]].position);
        }
    }
    who.excluded[0].sort();
    who.excluded[1].sort();

    const bool own_only = has(request.flags, AnnounceFlags::own_families_only);
    if (request.num_want_ipv4 != 0 && (who.ipv4.present() || !own_only)) {
        const Shelf<Ipv4Endpoint> shelf{
            blocks.ipv4,       blocks.members,
            who.excluded[0],   in.rules.preferred_ipv4_bits,
            request.room.ipv4, with_ids ? request.room.ipv4_ids : nullptr};
        reply.ipv4_peers = choose_from(shelf, who, request.num_want_ipv4);
    }
    if (request.num_want_ipv6 != 0 && (who.ipv6.present() || !own_only)) {
        const Shelf<Ipv6Endpoint> shelf{
            blocks.ipv6,       blocks.members,
            who.excluded[1],   in.rules.preferred_ipv6_bits,
            request.room.ipv6, with_ids ? request.room.ipv6_ids : nullptr};
        reply.ipv6_peers = choose_from(shelf, who, request.num_want_ipv6);
    }
}

/// Two others at most, so the rules take a few comparisons.
void Chooser::choose_inline(const Swarm& swarm, const Announcer& who,
                            const AnnounceRequest& request, AnnounceReply& reply) noexcept {
    const bool own_only = has(request.flags, AnnounceFlags::own_families_only);
    if (request.num_want_ipv4 == 0 || (own_only && !who.ipv4.present())) {
        return;
    }
    std::array<const Swarm::InlinePeer*, Swarm::inline_max> found{};
    std::uint32_t count = 0;
    for (std::uint32_t at = 0; at < swarm.inline_count(); ++at) {
        const Swarm::InlinePeer& peer = swarm.inline_peer(at);
        const bool reaches = (reach_bit(reach_of(peer.endpoint)) & who.reach) != 0;
        if (!peer.is_hidden() && reaches && peer.endpoint != who.ipv4 &&
            !(who.only_leechers && peer.is_seeder())) {
            found[count++] = &peer;
        }
    }
    if (count > request.num_want_ipv4) {  // two for one: a seeder first, or else the dice
        const bool differ = found[0]->is_seeder() != found[1]->is_seeder();
        if (differ ? found[1]->is_seeder() : random_.below(2) != 0) {
            std::swap(found[0], found[1]);
        }
        count = request.num_want_ipv4;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        std::memcpy(request.room.ipv4 + i * sizeof(Ipv4Endpoint), found[i]->endpoint.wire.data(),
                    sizeof(Ipv4Endpoint));
    }
    reply.ipv4_peers = count;
}

template <class Endpoint>
std::uint32_t Chooser::choose_from(const Shelf<Endpoint>& shelf, const Announcer& who,
                                   std::uint32_t want) noexcept {
    const bool prefers = shelf.preferred_bits != 0 && who.template endpoint<Endpoint>().present();
    if (prefers || who.check_accounts || (shelf.all.classes() & ~unsigned{who.reach}) != 0) {
        return choose_among(shelf, who, want);
    }
    const auto there = [&](Region region) {
        const std::uint32_t begin = shelf.all.begin_of(region);
        const std::uint32_t end = shelf.all.end_of(region);
        return end - begin - static_cast<std::uint32_t>(shelf.excluded.within(begin, end).size());
    };
    const std::uint32_t seeders = who.only_leechers ? 0 : there(Region::seeders);
    const Quota share = quota(seeders, there(Region::leechers), want);
    const std::uint32_t written = take(shelf, Region::seeders, share.seeders, 0);
    return take(shelf, Region::leechers, share.leechers, written);
}

/// The careful way: candidates are looked at one by one.
template <class Endpoint>
std::uint32_t Chooser::choose_among(const Shelf<Endpoint>& shelf, const Announcer& who,
                                    std::uint32_t want) noexcept {
    const auto may_be_handed_out = [&](std::uint32_t at) {
        if ((reach_bit(reach_of(shelf.all.endpoint(at))) & who.reach) == 0 ||
            shelf.excluded.contains(at)) {
            return false;
        }
        return !who.check_accounts || !shelf.all.is_owned(at) ||
               (*shelf.members)[shelf.all.owner(at)].user != who.user;
    };
    const auto collect = [&](bool rare, auto&& is) {
        listed_[0].clear();
        if (!who.only_leechers) {
            gather(shelf, Region::seeders, rare, is);
        }
        gather(shelf, Region::leechers, rare, is);
    };
    const auto& own = who.template endpoint<Endpoint>();
    if (shelf.preferred_bits == 0 || !own.present()) {
        collect(false, may_be_handed_out);
        return take_listed(shelf, want, 0);
    }
    const auto is_near = [&](std::uint32_t at) {
        return shares_prefix(shelf.all.endpoint(at).wire, own.wire, shelf.preferred_bits);
    };
    collect(true, [&](std::uint32_t at) { return is_near(at) && may_be_handed_out(at); });
    const std::uint32_t near = take_listed(shelf, want, 0);
    collect(false, [&](std::uint32_t at) { return !is_near(at) && may_be_handed_out(at); });
    return take_listed(shelf, want - near, near);
}

/// Lists those of `region` for which `is` holds. Of a large region it looks at some only: at an
/// even sample, or, for the `rare`, at many more that lie side by side.
template <class Endpoint, class Is>
void Chooser::gather(const Shelf<Endpoint>& shelf, Region region, bool rare, Is&& is) noexcept {
    auto& list = listed_[static_cast<std::size_t>(region)];
    list.clear();
    const std::uint32_t begin = shelf.all.begin_of(region);
    const std::uint32_t total = shelf.all.end_of(region) - begin;
    const auto consider = [&](std::uint32_t at) {
        if (list.size() < candidates_max && is(begin + at)) {
            list.push_back(begin + at);
        }
    };
    if (total > candidates_max && !rare) {
        spread_over(total, candidates_max, consider);
        return;
    }
    const std::uint32_t turn = total == 0 ? 0 : random_.below(total);
    const std::uint32_t looks = std::min(total, near_looks_max);
    const std::uint32_t to_end = std::min(total - turn, looks);
    for (std::uint32_t at = turn; at < turn + to_end; ++at) {
        consider(at);
    }
    for (std::uint32_t at = 0; at < looks - to_end; ++at) {
        consider(at);
    }
}

template <class Endpoint>
std::uint32_t Chooser::take_listed(const Shelf<Endpoint>& shelf, std::uint32_t want,
                                   std::uint32_t written) noexcept {
    const auto size_of = [&](std::size_t list) {
        return static_cast<std::uint32_t>(listed_[list].size());
    };
    const Quota share = quota(size_of(0), size_of(1), want);
    const auto take_from = [&](std::size_t list, std::uint32_t count) {
        spread_over(size_of(list), count,
                    [&](std::uint32_t at) { shelf.emit(listed_[list][at], written++); });
    };
    take_from(0, share.seeders);
    take_from(1, share.leechers);
    return written;
}

/// `want` rows of a region of which all but the excluded may be handed out.
template <class Endpoint>
std::uint32_t Chooser::take(const Shelf<Endpoint>& shelf, Region region, std::uint32_t want,
                            std::uint32_t written) noexcept {
    if (want == 0) {
        return written;
    }
    const std::uint32_t begin = shelf.all.begin_of(region);
    const std::uint32_t end = shelf.all.end_of(region);
    const auto excluded = shelf.excluded.within(begin, end);
    const std::uint32_t total = end - begin - static_cast<std::uint32_t>(excluded.size());
    if (want == total) {
        std::uint32_t from = begin;
        for (const std::uint32_t gap : excluded) {
            shelf.emit_run(from, gap - from, written);
            written += gap - from;
            from = gap + 1;
        }
        shelf.emit_run(from, end - from, written);
        return written + (end - from);
    }
    if (shelf.ids != nullptr || excluded.size() > 1) {
        spread_over(total, want, [&](std::uint32_t at) {
            at += begin;
            for (const std::uint32_t gap : excluded) {
                at += at >= gap ? 1U : 0U;
            }
            shelf.emit(at, written++);
        });
        return written;
    }
    // The usual case, with all it needs in registers: what is written is bytes, and bytes may be
    // anything as far as the compiler knows.
    const std::uint32_t gap = excluded.empty() ? total : excluded.front() - begin;
    const std::uint8_t* const from = shelf.all.wire() + std::size_t{begin} * sizeof(Endpoint);
    std::uint8_t* to = shelf.out + std::size_t{written} * sizeof(Endpoint);
    spread_over(total, want, [=](std::uint32_t at) mutable {
        at += at >= gap ? 1U : 0U;
        std::memcpy(to, from + std::size_t{at} * sizeof(Endpoint), sizeof(Endpoint));
        to += sizeof(Endpoint);
    });
    return written + want;
}

/// `count` of the numbers below `total`, each as likely as any other and none twice: one from
/// every stratum, where the strata are turned by a random angle. Without the turn those in the
/// smaller strata would come up more often; without the choice within a stratum one reply would
/// be the next one, shifted.
template <class Emit>
void Chooser::spread_over(std::uint32_t total, std::uint32_t count, Emit&& emit) noexcept {
    if (count == 0) {
        return;
    }
    const std::uint32_t turn = random_.below(total);
    RandomRun random = random_.run();
    // Rounded up, so that the last stratum ends at `total`: the excess of all is less than one.
    const std::uint64_t step = ((std::uint64_t{total} << 32U) + count - 1) / count;
    std::uint64_t end = 0;
    std::uint32_t low = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        end += step;
        const auto high = static_cast<std::uint32_t>(end >> 32U);
        const std::uint32_t at = low + random.below(high - low) + turn;
        emit(std::min(at, at - total));  // what lies before `total` wraps to something huge
        low = high;
    }
}

}  // namespace chihaya::memory
