#pragma once

/// @file scripts.hpp
/// The files in plugins/redis/scripts, as the build puts them into the driver.

#include "plugins/redis/store.hpp"

#include <span>

namespace chihaya::redis {

extern const Script registry_script;

extern const Script announce_script;
extern const Script sweep_script;
extern const Script register_script;
extern const Script erase_script;

/// Those that work on swarms.
[[nodiscard]] std::span<const Script> swarm_scripts() noexcept;

}  // namespace chihaya::redis
