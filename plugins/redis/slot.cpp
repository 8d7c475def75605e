#include "plugins/redis/store.hpp"

#include <array>

namespace chihaya::redis {
namespace {

constexpr std::array<std::uint16_t, 256> crc_table = [] {
    std::array<std::uint16_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t crc = byte << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
        }
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

/// The part of `key` that counts.
std::string_view tagged(std::string_view key) noexcept {
    const auto open = key.find('{');
    const auto close = open == std::string_view::npos ? open : key.find('}', open + 1);
    return close == std::string_view::npos || close == open + 1
               ? key
               : key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) noexcept {
    std::uint32_t crc = 0;
    for (const char letter : tagged(key)) {
        const auto index = ((crc >> 8U) ^ static_cast<std::uint8_t>(letter)) & 0xffU;
        crc = ((crc << 8U) ^ crc_table[index]) & 0xffffU;
    }
    return static_cast<std::uint16_t>(crc & 0x3fffU);
}

}  // namespace chihaya::redis
