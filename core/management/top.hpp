#pragma once

/// @file top.hpp
/// `/top`: the swarms with the most announces of the last minutes.

#include "core/management/reply.hpp"
#include "core/management/request.hpp"
#include "core/metrics/popularity.hpp"

namespace chihaya::management {

/// `?limit=` of `totals`, the most frequent first. Info-hashes of a private tracker are secrets of
/// its users: not to be answered to everybody.
[[nodiscard]] Reply top_reply(const metrics::PopularityTotals& totals, const Target& target);

}  // namespace chihaya::management
