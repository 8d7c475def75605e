#pragma once

/// @file scrape_reply.hpp
/// The bencoded answer to a scrape: in one piece, or swarm by swarm when all are asked for.

#include "chihaya/types.hpp"
#include "core/wire/byte_writer.hpp"

#include <cstdint>
#include <span>

namespace chihaya::wire {

/// Lifetime: views are borrowed until the answer is written
/// Limits:   at most `limits::scrape_ceiling` swarms
struct ScrapeAnswer {
    std::span<const InfoHash> info_hashes{};  // each once, in any order
    std::span<const SwarmCounts> counts{};    // one for each
    std::span<const bool> omitted{};          // one for each, or empty: none is left out
    std::uint32_t min_request_interval = 0;   // seconds; 0 leaves `flags` out
};

/// Source: BEP 48, BEP 21 (`downloaders`, where there are partial seeds)
void write_scrape(ByteWriter& out, const ScrapeAnswer& answer) noexcept;

/// The same in pieces: opened once, swarms in ascending order of their info-hashes, closed once.
/// A swarm takes at most `scrape_swarm_max` bytes.
void open_scrape(ByteWriter& out) noexcept;
void write_swarm(ByteWriter& out, const InfoHash& info_hash, const SwarmCounts& counts) noexcept;
void close_scrape(ByteWriter& out, std::uint32_t min_request_interval) noexcept;

/// Length of 20:hash, d, four keys, four integers of ten digits, e.
inline constexpr std::size_t scrape_swarm_max = 23 + 1 + (10 + 13 + 14 + 13) + 4 * 12 + 1;

/// The order of the `files` dictionary: as unsigned bytes.
[[nodiscard]] bool sorts_before(const InfoHash& left, const InfoHash& right) noexcept;

}  // namespace chihaya::wire
