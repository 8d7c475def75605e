#pragma once

/// @file limits.hpp
/// The bounds of this driver that no parameter changes, each with its reason.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::redis::limits {

// --- the shared copy of the registry ---

/// Records in one change. Redis carries a change out in one go, a millisecond and a half for so
/// many, and serves nobody else meanwhile.
inline constexpr std::size_t records_per_change = 500;

/// Changes sent before their replies are waited for: enough to keep Redis busy all the time, and a
/// megabyte at most.
inline constexpr std::size_t changes_per_pipeline = 32;

/// Changes that the feed keeps for nodes that were away; who has missed more loads everything.
/// The bytes count those of the records in it; a burst of large changes is cut at them.
inline constexpr std::size_t feed_entries_max = 1'000'000;
inline constexpr std::size_t feed_bytes_max = std::size_t{64} * 1024 * 1024;

/// Changes read from the feed at once: two megabytes at most, which the reader of replies takes.
inline constexpr std::size_t entries_per_read = 64;

/// A reader of the feed hears of a change at once; so often it asks whether Redis is still the same
/// where there is none.
inline constexpr std::chrono::milliseconds feed_wait{2000};

/// Before it tries again after a failure, or says again that changes were missed.
inline constexpr std::chrono::milliseconds feed_pause{200};
inline constexpr std::chrono::milliseconds lapse_pause{1000};

/// Records asked for at once in a load: Redis is at it for a millisecond and a half.
inline constexpr std::size_t records_per_scan = 1000;

/// A tracker that puts back what Redis has lost is replaced by another when it takes longer. A
/// million records take some seconds.
inline constexpr std::chrono::milliseconds put_back_within{120'000};

/// Such requests in one load of one table: a server that never comes to an end is believed no
/// further than a billion records.
inline constexpr std::size_t scans_max = 1'000'000;

// --- swarms off the path of announces ---

/// Swarms in one pipeline of a read: their replies are all in memory at once.
inline constexpr std::size_t swarms_per_read = 64;

/// Peers taken in by one call of the script: Redis serves nobody else for a quarter of a
/// millisecond.
inline constexpr std::size_t taken_in_per_call = 16;

/// Such calls sent before their replies are waited for: Redis is at it for some milliseconds, so
/// that they come in time from one that has much else to do.
inline constexpr std::size_t calls_per_intake = 32;

/// Connections on which some swarms are read and taken in at once. More would keep Redis no
/// busier.
inline constexpr std::size_t swarm_lanes_max = 8;

}  // namespace chihaya::redis::limits
