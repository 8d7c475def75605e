#pragma once

/// @file sweep_request.hpp
/// One call of scripts/sweep.lua: what it is asked, and what it answers.

#include "chihaya/swarm.hpp"
#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/reply.hpp"
#include "plugins/redis/rules.hpp"
#include "plugins/redis/shared.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// Where a swarm has been looked through up to.
struct SweepPlace {
    std::uint8_t row_class = 1;
    std::uint16_t page = 0;
    std::uint32_t again = 0;  // when the first of those seen may have to go; 0: nobody was seen
};

/// Pages looked through in one call: five hundred plain peers at most as a rule.
inline constexpr std::uint16_t pages_per_sweep = 16;

/// Lifetime: `expired` is the reply's
struct SweepAnswer {
    bool was_there = false;
    SwarmCounts counts;
    TotalsChange totals;
    std::uint32_t again = 0;          // look again at that second; 0: there is no need
    std::optional<SweepPlace> place;  // go on there
    std::span<const Reply> expired;   // members' keys and metas
};

/// Appends the script's first argument to `to`.
/// Errors: std::bad_alloc
void put_sweep(std::string& to, const Rules& rules, std::uint32_t now, const SweepPlace& place);

/// Errors: nothing when the reply is not what the script answers
[[nodiscard]] std::optional<SweepAnswer> read_sweep(const Reply& reply) noexcept;

/// Counts what the sweep has changed, and tells of the members that fell silent.
/// Errors: std::bad_alloc
void settle(Shared& shared, const InfoHash& info_hash, const SweepAnswer& answer);

}  // namespace chihaya::redis
