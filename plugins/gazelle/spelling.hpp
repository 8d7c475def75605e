#pragma once

/// @file spelling.hpp
/// What an operator may have meant by a key that nobody knows.

#include <span>
#include <string_view>

namespace chihaya::gazelle {

/// The one of `known` that is written most like `key`; empty when none is much like it.
/// Cost: the product of both lengths, of the first 64 bytes, for each known one
[[nodiscard]] std::string_view nearest(std::string_view key,
                                       std::span<const std::string_view> known);

}  // namespace chihaya::gazelle
