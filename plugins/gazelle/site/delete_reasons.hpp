#pragma once

/// @file delete_reasons.hpp
/// Why a torrent was deleted, in the words that its peers are told.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// The words for reason `code`: those of `others`, or the known ones; empty for an unknown code.
/// Lifetime: that of `others`
/// Source: Gazelle's reasons of reports
[[nodiscard]] std::string_view delete_reason(std::int64_t code,
                                             const std::map<std::int32_t, std::string>& others);

}  // namespace chihaya::gazelle
