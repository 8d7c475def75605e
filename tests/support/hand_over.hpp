#pragma once

/// @file hand_over.hpp
/// One tracker in the place of another, as an operator does it.

#include "tests/support/chihaya_process.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace chihaya::test {

/// What a tracker says last that has been replaced, and what one that has not.
inline constexpr std::string_view has_gone = "another process is the tracker now";
inline constexpr std::string_view goes_on = "this tracker goes on";

/// How often `words` occur in `text`.
[[nodiscard]] std::size_t count(const std::string& text, std::string_view words);

void wait_for_log(const ChihayaProcess& process, std::string_view words, std::size_t times = 1);

/// SIGUSR2, and then the process that has taken over.
/// Errors: std::runtime_error when none has, or the first one fails
void hand_over(ChihayaProcess& process);

}  // namespace chihaya::test
