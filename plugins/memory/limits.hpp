#pragma once

/// @file limits.hpp
/// The bounds of what this driver keeps in files, each with its reason.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::memory::limits {

/// Between two snapshots. Less, and a large tracker would do nothing else; more, and what a killed
/// process loses is not worth saving: its peers have announced anew or are gone.
inline constexpr std::chrono::milliseconds snapshot_interval_min{100};
inline constexpr std::chrono::milliseconds snapshot_interval_max{std::chrono::hours(24)};
inline constexpr std::chrono::milliseconds snapshot_interval{std::chrono::minutes(5)};

/// A snapshot is written in stretches of about this length, so that a worker on the same core waits
/// for no longer, with a rest of that length after each: a fifth of a core, and a second for some
/// millions of peers.
inline constexpr std::chrono::microseconds snapshot_stretch{100};
inline constexpr std::chrono::microseconds snapshot_rest{400};

/// Of a file's name: what Linux takes.
inline constexpr std::size_t path_bytes_max = 4096;

/// A block is written when it is as large as this: one system call, and little to lose from cache.
inline constexpr std::size_t block_bytes = std::size_t{256} * 1024;

/// Rows of a swarm written in one piece, whose size is thereby bounded.
inline constexpr std::uint32_t piece_rows = 4096;

/// A block is never larger: what has been begun, and a piece of the largest rows. A file that says
/// otherwise is damaged, and nobody takes memory for it.
inline constexpr std::size_t block_bytes_max = std::size_t{2} * 1024 * 1024;

/// Registry records in one record of the journal, and in one call when they are shown.
inline constexpr std::size_t records_at_once = 1000;

/// Threads that restore: more of them wait for each other's memory.
inline constexpr unsigned restore_threads_max = 4;

/// Waits for another process, which writes its last snapshot, to be done with the file.
inline constexpr std::chrono::seconds lock_wait{10};

/// How often the journal is brought to the disk: what a power failure may take back.
inline constexpr std::chrono::seconds journal_sync{1};

}  // namespace chihaya::memory::limits
