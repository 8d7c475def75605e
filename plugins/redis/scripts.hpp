#pragma once

/// @file scripts.hpp
/// The files in plugins/redis/scripts, as the build puts them into the driver.

#include "plugins/redis/store.hpp"

namespace chihaya::redis {

extern const Script registry_script;

}  // namespace chihaya::redis
