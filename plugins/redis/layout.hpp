#pragma once

/// @file layout.hpp
/// How a swarm lies in Redis: one hash, whose fields are a header and pages of rows. The README
/// draws it; scripts/pages.lua is the other half of this file.

#include "chihaya/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::redis {

/// Which rows of a swarm are in one place: those of one role and one form.
enum class Role : std::uint8_t { seeder = 0, leecher = 1, hidden = 2 };
enum class Kind : std::uint8_t { ipv4 = 0, ipv6 = 1, member = 2 };

/// 1 to 9: "a" to "i" are the fields with a class's keys, "A" to "I" those with what else is known.
enum class RowClass : std::uint8_t { none = 0 };
inline constexpr std::size_t class_count = 9;

[[nodiscard]] constexpr RowClass row_class(Kind kind, Role role) noexcept {
    return static_cast<RowClass>(3 * static_cast<unsigned>(kind) + static_cast<unsigned>(role) + 1);
}
[[nodiscard]] constexpr bool is_class(std::int64_t number) noexcept {
    return number >= 1 && number <= static_cast<std::int64_t>(class_count);
}
[[nodiscard]] constexpr Kind kind_of(RowClass of) noexcept {
    return static_cast<Kind>((static_cast<unsigned>(of) - 1) / 3);
}
[[nodiscard]] constexpr Role role_of(RowClass of) noexcept {
    return static_cast<Role>((static_cast<unsigned>(of) - 1) % 3);
}

/// Bytes of a row's key, and of the rest of it.
[[nodiscard]] constexpr std::size_t key_bytes(Kind kind) noexcept {
    return kind == Kind::ipv4 ? 6 : kind == Kind::ipv6 ? 18 : 52;
}
[[nodiscard]] constexpr std::size_t meta_bytes(Kind kind) noexcept {
    return kind == Kind::member ? 55 : 5;
}

/// A page with more rows is split. Larger pages cost an announce more bytes to read, smaller ones
/// more fields; measured.
[[nodiscard]] constexpr unsigned page_max(Kind kind) noexcept {
    return kind == Kind::member ? 16 : 32;
}

/// Plain rows keep their time in sixteen bits of so many seconds: three days, then they begin anew.
inline constexpr std::uint32_t tick_seconds = 4;
inline constexpr std::uint32_t lifetime_max = 2 * 86'400;

/// Ten years: twice as much and some, in seconds, is still a number of 32 bits.
inline constexpr std::uint32_t history_lifetime_max = 10 * 366 * 86'400;

/// Of a header: the field ".".
/// Shape: registered (1); seeders, leechers, partial seeds, snatches, dormant, when the swarm is
///        looked at again (4 each, Unix time, 0: not listed); pages of the classes (9 times 2);
///        all big-endian
inline constexpr std::size_t header_bytes = 43;
inline constexpr std::string_view header_field = ".";

/// How many pages each class of a swarm has, as the header says it.
struct Shape {
    std::array<char, 2 * class_count> bytes{};

    [[nodiscard]] constexpr std::uint32_t pages(RowClass of) const noexcept {
        const std::size_t at = 2 * (static_cast<std::size_t>(of) - 1);
        return std::uint32_t{static_cast<std::uint8_t>(bytes[at])} << 8U |
               static_cast<std::uint8_t>(bytes[at + 1]);
    }
    /// No class has more than one page.
    [[nodiscard]] constexpr bool is_small() const noexcept {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (static_cast<std::uint8_t>(bytes[i]) > i % 2) {
                return false;
            }
        }
        return true;
    }
    /// What a swarm is taken for that nothing is known of: small, with a page of every class.
    [[nodiscard]] static constexpr Shape of_small() noexcept {
        Shape shape;
        for (std::size_t i = 1; i < shape.bytes.size(); i += 2) {
            shape.bytes[i] = 1;
        }
        return shape;
    }
    friend bool operator==(const Shape&, const Shape&) = default;
};

/// The largest power of two that is not above `count`, which is at least 1.
[[nodiscard]] constexpr std::uint32_t power_within(std::uint32_t count) noexcept {
    std::uint32_t power = 1;
    while (power * 2 <= count) {
        power *= 2;
    }
    return power;
}

/// Where a hash belongs among `count` pages, at least 1.
/// Source: Litwin, "Linear hashing" (1980)
[[nodiscard]] constexpr std::uint32_t page_of(std::uint32_t count, std::uint32_t hash) noexcept {
    const std::uint32_t power = power_within(count);
    const std::uint32_t page = hash % (2 * power);
    return page < count ? page : page - power;
}

/// The name of a page's field.
/// Shape: a letter, and the number of the page in two bytes, big-endian
class FieldName {
public:
    static constexpr std::size_t size = 3;

    FieldName() = default;
    [[nodiscard]] static constexpr FieldName of_keys(RowClass of, std::uint32_t page) noexcept {
        return {static_cast<char>('a' + static_cast<int>(of) - 1), page};
    }
    [[nodiscard]] static constexpr FieldName of_metas(RowClass of, std::uint32_t page) noexcept {
        return {static_cast<char>('A' + static_cast<int>(of) - 1), page};
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size}; }
    friend bool operator==(const FieldName&, const FieldName&) = default;

private:
    constexpr FieldName(char letter, std::uint32_t page) noexcept
        : text_{letter, static_cast<char>(page >> 8U), static_cast<char>(page & 0xffU)} {}

    std::array<char, size> text_{};
};

}  // namespace chihaya::redis
