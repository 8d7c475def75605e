#pragma once

/// @file descriptors.hpp
/// How many files and connections the system lets this process have open.

#include "core/base/log.hpp"
#include "core/config/config.hpp"

#include <cstdint>

namespace chihaya::app {

/// Raises the limit of open descriptors as far as this user may.
/// Returns: the limit; 0 when the system does not tell
[[nodiscard]] std::uint64_t raise_descriptor_limit() noexcept;

/// How many of `limit` descriptors are there for clients, after everything else has its share.
/// `sockets` is how many each worker listens on. At least one for each of `workers`.
[[nodiscard]] std::uint64_t client_descriptors(std::uint64_t limit, std::uint32_t workers,
                                               std::uint64_t sockets) noexcept;

/// How many connections the whole process may have: as many as are configured, or fewer where
/// descriptors are short, so that our bound is met before the system's. `tells`: then the log says
/// so.
[[nodiscard]] std::uint64_t possible_connections(const config::Config& config,
                                                 std::uint32_t workers, Log& log, bool tells);

}  // namespace chihaya::app
