#pragma once

/// @file routes.hpp
/// Which path means what: of an HTTP request, and of the URL that a UDP client has.

#include <cstdint>
#include <string_view>

namespace chihaya::frontend {

enum class Action : std::uint8_t { none, announce, scrape };

struct Route {
    Action action = Action::none;
    std::string_view passkey{};  // of private mode; empty when the path has none
};

/// Public mode: `/announce`, `/scrape`. Private mode: these (admission then misses the passkey),
/// `/users/PASSKEY/announce` (Chihaya's form) and `/PASSKEY/announce` (Gazelle's), a passkey being
/// 1 to 32 of `[A-Za-z0-9_-]`. Everything else is none. Lifetime: the passkey lies in `path`
[[nodiscard]] Route route(std::string_view path, bool private_mode) noexcept;

}  // namespace chihaya::frontend
