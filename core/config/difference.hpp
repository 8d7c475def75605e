#pragma once

/// @file difference.hpp
/// What a reload makes of each key: one table, of which conf/README.md has a column.

#include "core/config/config.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::config {

/// When a changed value has its effect.
enum class OnReload : std::uint8_t {
    live,    // at once
    driver,  // at once, unless the backend driver cannot: then it waits for a restart
    restart  // it waits for a restart
};

/// As conf/README.md says it.
[[nodiscard]] std::string_view words_of(OnReload on_reload) noexcept;

/// The keys that differ, in the order of the documentation.
struct Difference {
    std::vector<std::string_view> live;     // of `OnReload::live` and `driver`
    std::vector<std::string_view> restart;  // of `restart`
    [[nodiscard]] bool empty() const noexcept { return live.empty() && restart.empty(); }
};

[[nodiscard]] Difference difference(const Config& now, const Config& wanted);

/// Empty for a name that is no key. A key that names a file or variable is what it leads to.
[[nodiscard]] std::optional<OnReload> on_reload(std::string_view key) noexcept;

/// Puts the values of `now` back into `wanted`, for each of `keys`.
void keep(const Config& now, Config& wanted, std::span<const std::string_view> keys);

}  // namespace chihaya::config
