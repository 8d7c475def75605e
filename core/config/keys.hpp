#pragma once

/// @file keys.hpp
/// The names of all keys: ours, the other spellings that Chihaya v1 had for them over the years,
/// and v1's keys that mean nothing here. What a value must be stands where it is read
/// (sections.hpp).

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::config {

/// One key. A dot separates a section from the key in it.
struct Key {
    std::string_view name;                      // as `print` writes it
    std::array<std::string_view, 4> also_as{};  // other spellings; empty: none
};

/// A key of Chihaya v1 that is accepted and changes nothing.
struct IgnoredKey {
    std::string_view name;
    std::string_view because;
    bool only_empty = false;  // a value would open what it used to close: refused
};

/// In the order in which conf/README.md and `print` have them.
[[nodiscard]] std::span<const Key> known_keys() noexcept;
[[nodiscard]] std::span<const IgnoredKey> ignored_keys() noexcept;

/// The key that is spelled so; null when there is none.
[[nodiscard]] const Key* find_key(std::string_view spelling) noexcept;
[[nodiscard]] const IgnoredKey* find_ignored_key(std::string_view spelling) noexcept;

/// Is this the name of an object that holds keys, such as `http`?
[[nodiscard]] bool is_section(std::string_view name) noexcept;

/// The key or section that `spelling`, which is unknown, was most likely meant to be; else empty.
[[nodiscard]] std::string nearest_key(std::string_view spelling);

}  // namespace chihaya::config
