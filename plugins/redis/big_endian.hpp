#pragma once

/// @file big_endian.hpp
/// Numbers in the byte order of everything that this driver keeps in Redis.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// Appends the lowest `bytes` bytes of `value`.
inline void put_number(std::string& to, std::uint64_t value, std::size_t bytes) {
    while (bytes-- > 0) {
        to.push_back(static_cast<char>(value >> (8 * bytes)));
    }
}

/// The number in `bytes` bytes of `from`, beginning at `at`; all of them must be there.
[[nodiscard]] inline std::uint64_t get_number(std::string_view from, std::size_t at,
                                              std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8U | static_cast<std::uint8_t>(from[at + i]);
    }
    return value;
}

/// The bytes of any array of single bytes, as text.
template <class Bytes>
[[nodiscard]] std::string_view text_of(const Bytes& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace chihaya::redis
