#pragma once

/// @file queue_sizes.hpp
/// How much waits for the database.

#include "chihaya/types.hpp"

#include <cstdint>

namespace chihaya::gazelle {

/// Rows, by table.
struct QueueSizes {
    std::uint64_t users = 0;
    std::uint64_t torrents = 0;
    std::uint64_t peers = 0;
    std::uint64_t snatches = 0;
    std::uint64_t tokens = 0;
    Time flushed{};  // when the database last took something
};

}  // namespace chihaya::gazelle
