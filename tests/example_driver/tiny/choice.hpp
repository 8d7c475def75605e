#pragma once

/// @file choice.hpp
/// Whom an announcer is handed.

#include "swarm.hpp"
#include <random>

namespace tiny {

/// Writes peers of `swarm` into the request's room and their numbers into `reply`, by the rules of
/// TrackerSession::announce.
/// Cost: looks at every peer of the swarm. That is what keeps it short; a driver for large swarms
///       draws at random instead.
void choose(const Swarm& swarm, const AnnounceRequest& request, const TrackerSetup& setup,
            std::mt19937_64& random, chihaya::AnnounceReply& reply);

}  // namespace tiny
