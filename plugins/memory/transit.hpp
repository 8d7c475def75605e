#pragma once

/// @file transit.hpp
/// Swarms on their way out and in: whole, with all that is known about their peers.

#include "chihaya/swarm.hpp"
#include "plugins/memory/erased_users.hpp"
#include "plugins/memory/swarm_table.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::memory {

[[nodiscard]] PeerRecord record_of(const Swarm& swarm, const Member& member) noexcept;

/// A swarm as it was at one moment. Copying is a handful of `memcpy`, so that the lock is held for
/// long neither for a large swarm nor for a slow reader.
class SwarmCopy {
public:
    /// Under the swarm's lock. Errors: std::bad_alloc
    void take(const Swarm& swarm);
    /// Shows them no more. Their rows stay where they are, as somebody's.
    void leave_out(const ErasedUsers& users) noexcept;

    /// Without it. False when the sink has had enough.
    [[nodiscard]] bool show(SwarmSink& sink, const TickScale& ticks, const Moment& now) noexcept;

    // Piece by piece. The swarm's own pointers are not followed.
    [[nodiscard]] const Swarm& swarm() const noexcept { return swarm_; }
    [[nodiscard]] const SwarmCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] PeerArray<Ipv4Endpoint> ipv4() noexcept;
    [[nodiscard]] PeerArray<Ipv6Endpoint> ipv6() noexcept;
    [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
    /// The first ones of them: who is not left out.
    [[nodiscard]] std::span<const Member> shown_members() const noexcept {
        return std::span(members_).first(shown_);
    }

private:
    Swarm swarm_;  // its pointers are the original's and not followed
    SwarmCounts counts_{};
    std::vector<std::max_align_t> ipv4_;  // the blocks, byte by byte
    std::vector<std::max_align_t> ipv6_;
    std::vector<Member> members_;
    std::size_t shown_ = 0;
};

/// Takes one recorded peer into a swarm, unless something newer is known. One that is unsure stays
/// where it is when a record without endpoints says what it has moved.
/// Returns: where it is; nowhere when it was left out
/// Errors: std::bad_alloc; nothing has changed
Seen take_in(Swarm& swarm, const PeerRecord& record, const Surroundings& in);

}  // namespace chihaya::memory
