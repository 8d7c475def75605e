#pragma once

/// @file registry_keys.hpp
/// Where the registry lies in Redis: four hashes, the feed of their changes, and a head that counts
/// these. One hash tag keeps them on one node of a Cluster, so that a change is one step.

#include "plugins/redis/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// With the prefix "chihaya:", "chihaya:{registry}:users" and so on.
struct RegistryKeys {
    /// Errors: std::bad_alloc
    explicit RegistryKeys(std::string_view prefix) : base(std::string(prefix) + "{registry}:") {}

    const std::string base;
    const std::string users = base + "users";        // id: the rest of the record
    const std::string torrents = base + "torrents";  // as registry_codec.hpp draws them
    const std::string clients = base + "clients";
    const std::string tokens = base + "tokens";
    const std::string feed = base + "feed";  // stream; n: epoch-number, k: Change, d: records
    // Hash; epoch, and changes: the number of the last. "of:" and an earlier epoch: all of that
    // one's records are part of this one.
    const std::string head = base + "head";
    const std::string restorer = base + "restorer";  // who puts back what Redis has lost
    const std::uint16_t slot = slot_of(base);
};

}  // namespace chihaya::redis
