#pragma once

/// @file passkey.hpp
/// What a passkey looks like, wherever one is read.

#include "core/base/limits.hpp"

#include <algorithm>
#include <string_view>

namespace chihaya::logic {

/// Can this be a passkey? Shape: 1 to limits::passkey_max of A-Z, a-z, 0-9, _ and -
[[nodiscard]] constexpr bool is_passkey(std::string_view text) noexcept {
    const auto fits = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
    };
    return !text.empty() && text.size() <= limits::passkey_max && std::ranges::all_of(text, fits);
}

}  // namespace chihaya::logic
