#pragma once

/// @file duration.hpp
/// Durations as operators write them in the configuration: Go's notation.

#include <chrono>
#include <optional>
#include <string_view>

namespace chihaya::memory {

/// Reads "1m30s", "500ms", "1.5s", "0". Units: ms, s, m, h.
/// Units:  rounded toward zero to milliseconds
/// Errors: nothing when it is no duration, or one of more than a year
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace chihaya::memory
