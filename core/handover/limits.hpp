#pragma once

/// @file limits.hpp
/// What one of two trackers may cost the other, while it takes the other's place.

#include <chrono>
#include <cstddef>

namespace chihaya::limits {

/// A message: as much as the system passes on in one piece by default, with room to spare. Of
/// descriptors it passes 253.
inline constexpr std::size_t handover_message_max = std::size_t{64} * 1024;
inline constexpr std::size_t handover_descriptors_max = 200;

/// What a connection may have sent that is not answered: the beginning of a request, and what is
/// pipelined behind it, in one message.
inline constexpr std::size_t handover_kept_max = handover_message_max - 1024;

/// One of them waits so long for the other: to read its configuration, to take in what it is sent.
inline constexpr std::chrono::milliseconds handover_patience{30'000};

/// A worker is busy for so long at most with one turn.
inline constexpr std::chrono::milliseconds worker_turn_max{2000};

/// What was asked of a driver is to be answered within this time, while nothing more is asked.
inline constexpr std::chrono::milliseconds handover_rest_max{2000};

/// From then until the other process is the tracker: clients wait so long at most. One that speaks
/// UDP asks again after 15 seconds.
inline constexpr std::chrono::milliseconds handover_gap_max{10'000};

/// The tracker that goes on waits so long, at first, for its spool: the other process may have it.
inline constexpr std::chrono::milliseconds handover_return_max{10'000};

}  // namespace chihaya::limits
