#pragma once

/// @file samples.hpp
/// Info-hashes, peer ids and requests that the tests of this folder share.

#include "chihaya/types.hpp"
#include "core/base/text.hpp"
#include "core/wire/byte_class.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::wire {

/// Of 40 hexadecimal digits.
constexpr InfoHash hash_of(std::string_view hex) {
    InfoHash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
        hash.bytes[i] =
            static_cast<std::uint8_t>(hex_value(hex[2 * i]) * 16 + hex_value(hex[2 * i + 1]));
    }
    return hash;
}

/// Of 20 letters.
constexpr PeerId peer_of(std::string_view text) {
    PeerId peer;
    for (std::size_t i = 0; i < peer.bytes.size(); ++i) {
        peer.bytes[i] = static_cast<std::uint8_t>(text[i]);
    }
    return peer;
}

/// '+', '*', '"' and bytes above 0x80.
inline constexpr InfoHash hash_a = hash_of("a2a15537542b22925ad10486bf7a8b2a9c42f0d1");
/// Every byte that escaping can get wrong.
inline constexpr InfoHash hash_b = hash_of("20263d253b2b2e2d5f7e2a27282921002f3f3a40");
/// NUL first, line ends inside.
inline constexpr InfoHash hash_c = hash_of("000102030405060708090a0b0c0d0e0f10111213");
/// The one of the recorded requests.
inline constexpr InfoHash hash_l = hash_of("2ab231ee9c2bef2006ff37077e0a670fb9a61847");

inline constexpr PeerId peer_1 = peer_of("-qB4650-AbCdEfGhIjKl");
inline constexpr PeerId peer_2 = peer_of("-TR4060-0123456789ah");

inline constexpr std::string_view escaped_a = "%a2%a1U7T%2b%22%92Z%d1%04%86%bfz%8b*%9cB%f0%d1";

/// Everything an announce needs, and `more`.
inline std::string announce_with(std::string_view more) {
    return "info_hash=" + std::string(escaped_a) +
           "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0&downloaded=0&left=65536" +
           std::string(more);
}

/// Every byte as %HH.
inline std::string all_escaped(std::span<const std::uint8_t> bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) {
        out += '%' + text::hex({&byte, 1});
    }
    return out;
}

}  // namespace chihaya::wire
