#pragma once

/// @file stock.hpp
/// What a snapshot is made of and restored into: the shards, and what it takes to find a swarm in
/// them.

#include "plugins/memory/erased_users.hpp"
#include "plugins/memory/keyed_hash.hpp"
#include "plugins/memory/moment.hpp"
#include "plugins/memory/swarm_table.hpp"

#include <bit>
#include <cstdint>
#include <functional>
#include <span>

namespace chihaya::memory {

/// Lifetime: everything is the driver's
struct Stock {
    std::span<Shard> shards;
    const HashSecret& secret;
    TickScale ticks;
    std::function<Moment()> now;
    std::function<Rules()> rules;
    std::function<ErasedUsers()> erased;  // whose peers are not worth saving

    /// The high bits name the shard, the low half is the table's.
    [[nodiscard]] Shard& shard_of(std::uint64_t hash) const noexcept {
        return shards[hash >> (64U - static_cast<unsigned>(std::countr_zero(shards.size())))];
    }
};

}  // namespace chihaya::memory
