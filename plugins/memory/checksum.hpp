#pragma once

/// @file checksum.hpp
/// What tells a damaged block from a good one.

#include <cstdint>
#include <initializer_list>
#include <span>

namespace chihaya::memory {

/// Of these bytes, one after the other.
/// Source: CRC-32 of ISO 3309, as zlib, gzip and PNG have it
[[nodiscard]] std::uint32_t checksum(std::initializer_list<std::span<const std::uint8_t>> parts);

}  // namespace chihaya::memory
