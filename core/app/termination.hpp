#pragma once

/// @file termination.hpp
/// Waiting for the signal that ends the program.

#include "core/base/log.hpp"

namespace chihaya::app {

/// Keeps SIGINT, SIGTERM, SIGQUIT and SIGHUP from interrupting anything but `wait_for_end`. Called
/// before the first thread starts, because threads inherit it. SIGPIPE is ignored.
void hold_signals() noexcept;

/// Returns after SIGINT, SIGTERM or SIGQUIT. From then on a second one ends the process at once,
/// with exit code 1. SIGHUP is noted in the log.
void wait_for_end(Log& log);

}  // namespace chihaya::app
