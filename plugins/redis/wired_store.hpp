#pragma once

/// @file wired_store.hpp
/// The store over wiring that is somebody else's.

#include "plugins/redis/store.hpp"
#include "plugins/redis/wiring.hpp"

#include <memory>

namespace chihaya::redis {

/// Lifetime: the wiring outlives the store
/// Errors:   std::bad_alloc
[[nodiscard]] std::unique_ptr<Store> make_store(Wiring& wiring);

}  // namespace chihaya::redis
