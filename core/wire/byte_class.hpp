#pragma once

/// @file byte_class.hpp
/// What a byte may be within a request, looked up instead of compared.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::wire {

namespace detail {

constexpr std::array<bool, 256> make_tokens() noexcept {
    std::array<bool, 256> table{};
    for (const char byte : std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "abcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~")) {
        table[static_cast<unsigned char>(byte)] = true;
    }
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

inline constexpr auto tokens = make_tokens();
inline constexpr auto hex_values = make_hex_values();

}  // namespace detail

/// May `byte` stand in a method or in the name of a header? Source: RFC 9110, `tchar`
[[nodiscard]] constexpr bool is_token(char byte) noexcept {
    return detail::tokens[static_cast<unsigned char>(byte)];
}

/// The value of a hexadecimal digit of either case, or -1.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
    return detail::hex_values[static_cast<unsigned char>(digit)];
}

}  // namespace chihaya::wire
