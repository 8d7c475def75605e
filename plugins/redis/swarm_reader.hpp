#pragma once

/// @file swarm_reader.hpp
/// A swarm's hash, as records.

#include "chihaya/swarm.hpp"
#include "plugins/redis/reply.hpp"

#include <cstdint>

namespace chihaya::redis {

/// Shows the swarm that HGETALL has answered, in pieces, to `sink`. What is not as it must be is
/// left out. False when the sink has had enough; a reply without a header is no swarm.
/// Errors: std::bad_alloc
[[nodiscard]] bool show_swarm(const InfoHash& info_hash, const Reply& reply, std::uint32_t now,
                              SwarmSink& sink);

}  // namespace chihaya::redis
