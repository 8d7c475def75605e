#pragma once

/// @file termination.hpp
/// Waiting for the signal that ends the program.

#include "core/base/log.hpp"

#include <atomic>
#include <functional>

namespace chihaya::app {

/// Keeps SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1 and SIGUSR2 from interrupting anything but
/// `wait_for_end`. Called before the first thread starts, because threads inherit it. SIGPIPE is
/// ignored.
void hold_signals() noexcept;

/// Calls `reload` at each SIGHUP, and at each SIGUSR1, which is what Ocelot is told to reload by.
/// Calls `hand_over` at each SIGUSR2, and returns false when that says that another process is the
/// tracker now; `ends` becomes true when this one is to end meanwhile. Returns true after SIGINT,
/// SIGTERM or SIGQUIT. From then on a second one ends the process at once, with exit code 1.
using HandOver = std::function<bool(const std::atomic<bool>& ends)>;
[[nodiscard]] bool wait_for_end(Log& log, const std::function<void()>& reload,
                                const HandOver& hand_over);

}  // namespace chihaya::app
