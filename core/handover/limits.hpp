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

/// Clients wait so long at most, while the last changes pass from one to the other.
inline constexpr std::chrono::milliseconds handover_rest_max{2000};

}  // namespace chihaya::limits
