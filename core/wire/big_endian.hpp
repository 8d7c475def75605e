#pragma once

/// @file big_endian.hpp
/// Numbers in network byte order, at any address.

#include <boost/endian/conversion.hpp>

#include <concepts>
#include <cstdint>

namespace chihaya::wire {

/// Cost: one load and one swap
template <std::unsigned_integral Number>
[[nodiscard]] inline Number load_big_endian(const std::uint8_t* from) noexcept {
    return boost::endian::endian_load<Number, sizeof(Number), boost::endian::order::big>(from);
}

template <std::unsigned_integral Number>
inline void store_big_endian(std::uint8_t* to, Number value) noexcept {
    boost::endian::endian_store<Number, sizeof(Number), boost::endian::order::big>(to, value);
}

}  // namespace chihaya::wire
