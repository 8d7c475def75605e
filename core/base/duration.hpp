#pragma once

/// @file duration.hpp
/// Durations as operators write them: Go's notation, which Chihaya's configuration always had.

#include "core/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace chihaya {

/// Reads "1h30m", "15s", "250ms", "1.5h", "0". Units: ns, us, µs, ms, s, m, h. May be negative.
///
/// Units:  rounded toward zero to milliseconds
/// Errors: text that names what was found and what is accepted
/// Source: Go, time.ParseDuration
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back as `duration`: "1h30m", "250ms", "0s".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

}  // namespace chihaya
