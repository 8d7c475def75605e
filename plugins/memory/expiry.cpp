#include "plugins/memory/expiry.hpp"

#include "plugins/memory/transit.hpp"

#include <algorithm>

namespace chihaya::memory {

/// One slice at work in one shard.
class Sweep::Visit {
public:
    Visit(State& state, SweepSlice& slice, std::int64_t& effort) noexcept
        : state_(state),
          slice_(slice),
          effort_(effort),
          limit_alone_(slice.ceiling.limit_ticks(slice.rules)) {}

    /// Goes on in the shard; true when it is done.
    bool shard(SwarmTable& table) noexcept;

    [[nodiscard]] bool is_tired() const noexcept {
        return effort_ <= 0 || slice_.farewells.size() >= SweepSlice::farewells_max;
    }

private:
    // A unit is what it takes to look at a peer or a swarm that is not in the cache.
    static constexpr std::int64_t look = 1;
    static constexpr std::int64_t removal = 24;

    [[nodiscard]] bool has_work(const Swarm& swarm) const noexcept;
    bool swarm(SwarmTable& table, Swarm& swarm) noexcept;
    bool go_through(Swarm& swarm, const Surroundings& in) noexcept;
    void inline_peers(Swarm& swarm) noexcept;
    template <class Endpoint>
    bool rows(Swarm& swarm, const Surroundings& in) noexcept;
    bool members(Swarm& swarm, const Surroundings& in) noexcept;
    void member(Swarm& swarm, std::uint32_t at, const Surroundings& in) noexcept;
    void say_farewell(const Swarm& swarm, PeerRecord record) noexcept;

    [[nodiscard]] std::uint32_t age(std::uint16_t meta) const noexcept {
        return TickScale::age(slice_.now.tick, meta & tick_mask);
    }
    [[nodiscard]] bool is_over(std::uint16_t meta) const noexcept {
        return age(meta) > slice_.rules.limit_ticks;
    }
    /// The same for one without an account, for whom there may be less time.
    [[nodiscard]] bool is_over_alone(std::uint16_t meta) const noexcept {
        return age(meta) > limit_alone_;
    }
    [[nodiscard]] bool is_over(const Member& member) const noexcept {
        const std::uint32_t usual = slice_.rules.peer_lifetime;
        const std::uint32_t lifetime =
            member.has_account() ? usual : slice_.ceiling.lifetime(usual);
        return memory::is_over(slice_.now.second, member.last_announce, lifetime);
    }
    void count_gone(bool is_its_time) noexcept {
        ++(is_its_time ? slice_.expired : slice_.evicted);
    }
    bool evict(SwarmTable& table, Swarm& swarm) noexcept;

    State& state_;
    SweepSlice& slice_;
    std::int64_t& effort_;
    const std::uint32_t limit_alone_;
    std::uint32_t oldest_age_ = 0;  // of the rows that stay
};

void Sweep::run(SweepSlice& slice) noexcept {
    constexpr std::int64_t effort_max = 4096;
    state_.try_with([&](State& state) {
        std::int64_t effort = effort_max;
        Visit visit(state, slice, effort);
        while (slice.shards_done < slice.shards_due && !visit.is_tired()) {
            --effort;
            const bool done = state.shards[state.shard].swarms.with([&](SwarmTable& table) {
                const bool is_through = visit.shard(table);
                slice.ceiling.note(state.shard, table.heap().bytes());
                return is_through;
            });
            if (!done) {
                return;
            }
            ++slice.shards_done;
            state.next_shard();
            if (state.shard == 0) {
                slice.ceiling.end_round();
            }
        }
    });
}

void Sweep::State::next_shard() noexcept {
    swarms_left = absent;
    shard = (shard + 1) % shards.size();
    if (shard == 0) {
        ++rounds;
        erased.forget_before(rounds - 1);
    }
}

void Sweep::forget(std::span<const UserId> users, std::uint32_t second) {
    state_.with([&](State& state) { state.erased.add(users, second, state.rounds); });
}

bool Sweep::Visit::shard(SwarmTable& table) noexcept {
    std::uint32_t& left = state_.swarms_left;
    left = std::min(left, table.size());
    while (left != 0) {
        if (is_tired()) {
            return false;
        }
        effort_ -= look;
        Swarm& next = table[left - 1];
        if (slice_.ceiling.is_drawn(next.hash()) && evict(table, next)) {
            --left;
            continue;
        }
        if (has_work(next) && !swarm(table, next)) {
            return false;
        }
        --left;
    }
    return true;
}

bool Sweep::Visit::has_work(const Swarm& swarm) const noexcept {
    if (swarm.is_inline() && swarm.inline_count() == 0) {
        return slice_.rules.purge_empty && !swarm.is_registered();
    }
    return is_over_alone(swarm.oldest()) ||
           (!swarm.is_inline() && swarm.blocks().members != nullptr);
}

/// Not one that somebody keeps books on.
bool Sweep::Visit::evict(SwarmTable& table, Swarm& swarm) noexcept {
    if (swarm.is_registered()) {
        return false;
    }
    const Members* const members = swarm.is_inline() ? nullptr : swarm.blocks().members;
    for (std::uint32_t at = 0; members != nullptr && at < members->size(); ++at) {
        effort_ -= look;
        if ((*members)[at].has_account()) {
            return false;
        }
    }
    const SwarmCounts counts = swarm.counts();
    slice_.evicted += std::uint64_t{counts.seeders} + counts.leechers;
    effort_ -= 2 * removal;
    table.erase(swarm);
    return true;
}

bool Sweep::Visit::swarm(SwarmTable& table, Swarm& swarm) noexcept {
    const Surroundings in{table.heap(), slice_.secret, slice_.rules, slice_.now};
    bool done = true;
    table.change(swarm, [&] {
        done = go_through(swarm, in);
        if (done) {
            swarm.tidy(in);
        }
    });
    if (done && slice_.rules.purge_empty && !swarm.is_registered() && swarm.is_empty()) {
        table.erase(swarm);
        ++slice_.purged;
        effort_ -= removal;
    }
    return done;
}

bool Sweep::Visit::go_through(Swarm& swarm, const Surroundings& in) noexcept {
    oldest_age_ = 0;
    if (swarm.is_inline()) {
        inline_peers(swarm);
    } else {
        if (!state_.interrupted || state_.within != swarm.info_hash()) {
            state_.interrupted = false;
            state_.phase = is_over_alone(swarm.oldest()) ? 0 : 2;
            state_.left_in_phase = absent;
        }
        const bool looks_at_rows = state_.phase == 0 && !state_.interrupted;
        state_.interrupted = true;
        state_.within = swarm.info_hash();
        if ((state_.phase == 0 && !rows<Ipv4Endpoint>(swarm, in)) ||
            (state_.phase == 1 && !rows<Ipv6Endpoint>(swarm, in)) || !members(swarm, in)) {
            return false;
        }
        state_.interrupted = false;
        if (!looks_at_rows) {
            return true;  // not all rows were seen at one moment: who is oldest stays unknown
        }
    }
    swarm.set_oldest(static_cast<std::uint16_t>((slice_.now.tick - oldest_age_) & tick_mask));
    return true;
}

void Sweep::Visit::inline_peers(Swarm& swarm) noexcept {
    for (std::uint32_t at = swarm.inline_count(); at-- > 0;) {
        const std::uint16_t meta = swarm.inline_peer(at).meta;
        if (is_over_alone(meta)) {
            count_gone(is_over(meta));
            swarm.remove_inline(at);
            effort_ -= removal;
        } else {
            oldest_age_ = std::max(oldest_age_, age(meta));
        }
    }
}

/// True when all rows of this family have been looked at.
template <class Endpoint>
bool Sweep::Visit::rows(Swarm& swarm, const Surroundings& in) noexcept {
    constexpr std::uint32_t worth_a_look = 64 * 1024;
    auto& all = swarm.array<Endpoint>();
    Members* const members = swarm.blocks().members;
    std::uint32_t& left = state_.left_in_phase;
    left = std::min(left, all.size());
    for (; left != 0; --left) {
        if (is_tired()) {
            return false;
        }
        effort_ -= look;
        const std::uint32_t at = left - 1;
        const std::uint16_t meta = all.meta(at);
        if (!(all.is_owned(at) ? is_over(meta) : is_over_alone(meta))) {
            oldest_age_ = std::max(oldest_age_, age(meta));
            continue;
        }
        effort_ -= removal;
        if (!all.is_owned(at)) {
            all.remove(in, members, at);
            count_gone(is_over(meta));
        } else if (!is_over((*members)[all.owner(at)])) {
            swarm.unplace<Endpoint>(all.owner(at), in);
        }  // or else the member goes altogether, in its turn
    }
    if ((all.classes() & ~unsigned{reach_bit(Reach::global)}) != 0 && all.size() <= worth_a_look) {
        all.refresh_classes();
        effort_ -= all.size() / 4;
    }
    ++state_.phase;
    left = absent;
    return true;
}

bool Sweep::Visit::members(Swarm& swarm, const Surroundings& in) noexcept {
    const Members* const all = swarm.blocks().members;
    std::uint32_t& left = state_.left_in_phase;
    left = all == nullptr ? 0 : std::min(left, all->size());
    for (; left != 0; --left) {
        if (is_tired()) {
            return false;
        }
        effort_ -= 4 * look;
        member(swarm, left - 1, in);
    }
    return true;
}

void Sweep::Visit::member(Swarm& swarm, std::uint32_t at, const Surroundings& in) noexcept {
    Members& all = *swarm.blocks().members;
    Member& member = all[at];
    const std::uint32_t history = slice_.rules.history_lifetime;
    const bool forgotten = memory::is_over(slice_.now.second, member.last_announce, history);
    if (state_.erased.has(member) || (member.is(PeerFlags::dormant) && forgotten)) {
        effort_ -= 2 * removal;
        swarm.remove_member(at, in);
        return;
    }
    if (member.is(PeerFlags::dormant) || !is_over(member)) {
        return;
    }
    effort_ -= 2 * removal;
    count_gone(
        memory::is_over(slice_.now.second, member.last_announce, slice_.rules.peer_lifetime));
    PeerRecord record = record_of(swarm, member);
    const bool is_unsure = member.is(PeerFlags::unsure);
    const bool stays_dormant =
        member.has_account() && !is_unsure && !forgotten && history > slice_.rules.peer_lifetime;
    if (stays_dormant) {
        all.discount(member);
        swarm.unplace<Ipv4Endpoint>(at, in);
        swarm.unplace<Ipv6Endpoint>(at, in);
        member.flags = member.flags | PeerFlags::dormant;
        record.flags = record.flags | PeerFlags::dormant;
    } else {
        swarm.remove_member(at, in);
    }
    if (record.user != UserId::none && !is_unsure) {
        say_farewell(swarm, record);
    }
}

void Sweep::Visit::say_farewell(const Swarm& swarm, PeerRecord record) noexcept {
    ExpiredPeer& gone = slice_.farewells.emplace_back();
    gone.info_hash = swarm.info_hash();
    gone.peer = record;
    gone.counts = swarm.counts();
}

}  // namespace chihaya::memory
