#pragma once

/// @file metrics_page.hpp
/// `/metrics`: everything that is counted, for Prometheus. README.md lists the names.

#include "core/management/observer.hpp"
#include "core/management/reply.hpp"

namespace chihaya::management {

inline constexpr const char* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

/// Labels are words of ours throughout: nothing of what a client sends is in it.
[[nodiscard]] Reply metrics_reply(Observer& observer);

}  // namespace chihaya::management
