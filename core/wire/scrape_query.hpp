#pragma once

/// @file scrape_query.hpp
/// The parameters of an HTTP scrape: which swarms are asked about.

#include "chihaya/types.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// Why a query is no scrape.
enum class ScrapeError : std::uint8_t {
    too_many,        // more info-hashes than there is room for, or too many items
    broken_escape,   // in an info_hash
    info_hash_size,  // not 20 bytes
};

using ScrapeResult = boost::system::result<std::size_t, ScrapeError>;

/// Puts the info-hashes asked for into `out`, each once, in the order they were asked for.
///
/// Shape:  returns how many; 0 when none was given
/// Limits: `out` holds at least one; repeats do not count
/// Source: BEP 48
[[nodiscard]] ScrapeResult parse_scrape(std::string_view query, std::span<InfoHash> out) noexcept;

/// What the client is told. "GET string too long" is what makes Transmission ask for less.
[[nodiscard]] std::string_view reason(ScrapeError error) noexcept;

}  // namespace chihaya::wire
