#include "plugins/gazelle/database/sql_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace chihaya::gazelle {
namespace {

/// How many bytes the character at the front of `text` has; 0 when it is none that utf8mb3 holds.
std::size_t character_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [&](std::size_t i) {
        return (byte(i) & 0xC0U) == 0x80U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    }
    if (first >= 0xC2 && first < 0xE0) {
        return continues(1) ? 2 : 0;
    }
    const bool is_overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool is_surrogate = first == 0xED && byte(1) >= 0xA0;
    if ((first & 0xF0U) == 0xE0U && !is_overlong && !is_surrogate) {
        return continues(1) && continues(2) ? 3 : 0;
    }
    return 0;
}

template <class Number>
void append(std::string& text, Number value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text.append(digits.data(), end);
}

void append_hex(std::string& text, std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    text += "X'";
    for (const unsigned byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    text += '\'';
}

}  // namespace

std::string clean_text(std::string_view bytes, std::size_t characters_max) {
    std::string result;
    for (std::size_t count = 0; count < characters_max && !bytes.empty(); ++count) {
        const std::size_t size = character_size(bytes);
        result += size == 0 ? std::string_view("?") : bytes.substr(0, size);
        bytes.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

SqlText& SqlText::raw(std::string_view sql) {
    text_ += sql;
    return *this;
}

SqlText& SqlText::number(std::uint64_t value, std::uint64_t most) {
    append(text_, std::min(value, most));
    return *this;
}

SqlText& SqlText::signed_number(std::int64_t value) {
    append(text_, value);
    return *this;
}

SqlText& SqlText::bytes(std::span<const std::uint8_t> value) {
    append_hex(text_, value);
    return *this;
}

SqlText& SqlText::text(std::string_view value, std::size_t characters_max) {
    const std::string clean = clean_text(value, characters_max);
    if (clean.empty()) {
        return raw("''");
    }
    text_ += "_utf8mb4 ";
    const std::vector<std::uint8_t> raw_bytes(clean.begin(), clean.end());
    append_hex(text_, raw_bytes);
    return *this;
}

}  // namespace chihaya::gazelle
