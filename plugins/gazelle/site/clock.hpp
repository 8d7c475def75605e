#pragma once

/// @file clock.hpp
/// How the threads that serve the site tell the time; `Host::now` is for the host's own thread.

#include "chihaya/types.hpp"

#include <functional>

namespace chihaya::gazelle {

/// Thread: any
using Clock = std::function<Time()>;

/// Unix time read from the system once, moved on by a steady clock: it never jumps.
[[nodiscard]] Clock steady_clock();

}  // namespace chihaya::gazelle
