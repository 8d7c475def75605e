#pragma once

/// @file text.hpp
/// Small things about text that the standard library of GCC 12 lacks. No domain, no I/O.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::text {

/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);

/// The bytes of `digits`, which holds two hexadecimal digits (either case) for each of `out`.
/// Errors: false, and `out` is unspecified, when the length or a digit is wrong
[[nodiscard]] bool from_hex(std::string_view digits, std::span<std::uint8_t> out) noexcept;

/// The value of one hexadecimal digit; -1 for any other character.
[[nodiscard]] int hex_digit(char digit) noexcept;

/// The one of `known` that `word` is most likely a misspelling of; empty when none is near.
/// Shape: near is an edit distance of at most a third of the word's length, case ignored
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> known);

/// Is `left` equal to `right`, ASCII letters compared without case?
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// `text` without blanks and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Are `left` and `right` equal? Takes the same time wherever they differ; for secrets.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

/// `text` with every byte outside printable ASCII, and backslash, written as \xNN: for logs and
/// pages. Source: protocol rule "peer ids are escaped wherever they are shown"
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace chihaya::text
