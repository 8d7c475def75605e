#pragma once

/// @file giving_way.hpp
/// The process is told that another one is to take its place.

#include "core/app/service.hpp"
#include "core/app/successor.hpp"
#include "core/app/supervisor.hpp"
#include "core/base/log.hpp"

#include <atomic>

namespace chihaya::app {

/// What takes part in it. Lifetime: all outlives the call
struct GivingWay {
    Service& service;
    Successor& successor;
    Supervisor& supervisor;
    Log& log;
};

/// Finds or starts the other process and hands everything over to it; gives up soon once `ends` is
/// true. Returns: is that one the tracker now? If not, the log says why
[[nodiscard]] bool give_way(const GivingWay& parts, const std::atomic<bool>& ends);

}  // namespace chihaya::app
