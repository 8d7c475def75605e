#pragma once

/// @file byte_class.hpp
/// What a byte may be within a request, looked up instead of compared.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::wire {

/// Sets of bytes, as bits.
namespace byte_class {
inline constexpr std::uint8_t query_separator = 1;  // & ; ?
inline constexpr std::uint8_t equals_sign = 2;
inline constexpr std::uint8_t token = 4;  // of RFC 9110: letters, digits, and !#$%&'*+-.^_`|~
}  // namespace byte_class

namespace detail {

constexpr std::array<std::uint8_t, 256> make_byte_classes() noexcept {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&table](std::string_view bytes, std::uint8_t bit) {
        for (const char byte : bytes) {
            table[static_cast<unsigned char>(byte)] |= bit;
        }
    };
    add("&;?", byte_class::query_separator);
    add("=", byte_class::equals_sign);
    add("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~",
        byte_class::token);
    return table;
}

constexpr std::array<std::int8_t, 256> make_hex_values() noexcept {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::int8_t i = 0; i < 16; ++i) {
        table[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
        table[static_cast<unsigned char>("0123456789ABCDEF"[i])] = i;
    }
    return table;
}

inline constexpr auto byte_classes = make_byte_classes();
inline constexpr auto hex_values = make_hex_values();

}  // namespace detail

/// Is `byte` in any of `classes`?
[[nodiscard]] constexpr bool is_any(char byte, std::uint8_t classes) noexcept {
    return (detail::byte_classes[static_cast<unsigned char>(byte)] & classes) != 0;
}

/// The value of a hexadecimal digit of either case, or -1.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
    return detail::hex_values[static_cast<unsigned char>(digit)];
}

}  // namespace chihaya::wire
