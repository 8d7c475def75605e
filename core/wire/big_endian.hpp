#pragma once

/// @file big_endian.hpp
/// Numbers in network byte order, at any address.

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace chihaya::wire {

/// Cost: one load and one swap
template <std::unsigned_integral Number>
[[nodiscard]] inline Number load_big_endian(const std::uint8_t* from) noexcept {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {  // compilers make one instruction of it
        value = static_cast<Number>(std::uint64_t{value} << 8U | from[i]);
    }
    return value;
}

template <std::unsigned_integral Number>
inline void store_big_endian(std::uint8_t* to, Number value) noexcept {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        to[i] = static_cast<std::uint8_t>(value >> (8U * (sizeof(Number) - 1 - i)));
    }
}

}  // namespace chihaya::wire
