#pragma once

/// @file expiry.hpp
/// Who fell silent is forgotten, a bounded piece of work at a time.

#include "chihaya/swarm.hpp"
#include "plugins/memory/ceiling.hpp"
#include "plugins/memory/erased_users.hpp"
#include "plugins/memory/guarded.hpp"
#include "plugins/memory/swarm_table.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::memory {

/// What one session brings along to a slice of sweeping, and what comes of it.
struct SweepSlice {
    /// Peers reported in one slice: what bounds its time when a whole site falls silent at once.
    static constexpr std::size_t farewells_max = 64;

    Moment now;
    const Rules& rules;
    const HashSecret& secret;
    std::uint32_t shards_due = 0;
    std::vector<ExpiredPeer>& farewells;  // with room for farewells_max
    Ceiling& ceiling;

    std::uint32_t shards_done = 0;
    std::uint64_t expired = 0;
    std::uint64_t purged = 0;
    std::uint64_t evicted = 0;  // peers, before their time
};

/// Goes round the shards for ever. Whichever session comes along does the next slice; one at a
/// time, and who comes too early goes away again.
///
/// Within a swarm rows and members are visited from the last to the first, because what is removed
/// is replaced by the last one: nobody is missed.
class Sweep {
public:
    /// Every swarm is visited this often if there is at least one session; half of what is
    /// promised.
    static constexpr std::chrono::milliseconds round{15'000};
    /// And so often while there is too much of everything.
    static constexpr std::chrono::milliseconds hurried_round{3'000};

    explicit Sweep(std::span<Shard> shards) noexcept : state_(shards) {}

    /// Does at most a slice's worth of `slice.shards_due` shards.
    void run(SweepSlice& slice) noexcept;

    /// Members of these accounts that have not announced since `second` are forgotten on the next
    /// round.
    /// Errors: std::bad_alloc
    void forget(std::span<const UserId> users, std::uint32_t second);

    /// The accounts of whom some may still be here. Errors: std::bad_alloc
    [[nodiscard]] ErasedUsers erased() {
        return state_.with([](const State& state) { return state.erased; });
    }

private:
    struct State {
        explicit State(std::span<Shard> all) noexcept : shards(all) {}
        void next_shard() noexcept;

        std::span<Shard> shards;
        std::size_t shard = 0;
        std::uint32_t swarms_left = absent;  // in this shard; absent: not begun
        InfoHash within{};                   // the swarm in which the last slice ended
        std::uint32_t phase = 0;
        std::uint32_t left_in_phase = absent;
        bool interrupted = false;
        std::uint64_t rounds = 0;
        ErasedUsers erased;
    };

    class Visit;

    Guarded<State> state_;
};

}  // namespace chihaya::memory
