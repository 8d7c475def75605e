#pragma once

/// @file rules.hpp
/// What the operator has set, and time as rows keep it.

#include "chihaya/types.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/layout.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace chihaya::redis {

struct Rules {
    std::uint32_t peer_lifetime = 3900;     // seconds
    std::uint32_t history_lifetime = 3900;  // likewise
    bool purge_empty = true;
    bool keep_ids = false;
    std::uint8_t preferred_ipv4_bits = 0;
    std::uint8_t preferred_ipv6_bits = 0;

    /// A row that was last announced more ticks ago has been silent for longer than the lifetime.
    [[nodiscard]] std::uint32_t life() const noexcept {
        return (peer_lifetime + tick_seconds - 1) / tick_seconds;
    }
    /// When a swarm whose peers are all fresh at `now` has to be looked at.
    [[nodiscard]] std::uint32_t due(std::uint32_t now) const noexcept {
        return now + std::min(life() * tick_seconds + 2 * tick_seconds, due_ahead_max);
    }
    /// Redis forgets a swarm that no tracker has looked at for so long: all of its peers are gone.
    /// 0: never.
    [[nodiscard]] std::uint32_t time_to_live() const noexcept {
        return purge_empty ? 2 * std::max(peer_lifetime, history_lifetime) + 600 : 0;
    }
};

[[nodiscard]] inline std::uint32_t to_second(Time time) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(second.count(), 0, std::int64_t{0xffffffff}));
}
[[nodiscard]] inline std::uint32_t to_second(std::chrono::sys_seconds time) noexcept {
    return to_second(Time(time));
}
[[nodiscard]] inline std::chrono::sys_seconds at_second(std::uint64_t second) noexcept {
    return std::chrono::sys_seconds(std::chrono::seconds(second));
}
[[nodiscard]] constexpr std::uint16_t to_tick(std::uint32_t second) noexcept {
    return static_cast<std::uint16_t>(second / tick_seconds);
}
/// The second at which `tick` began, seen from `now`. What lies a little ahead is now.
[[nodiscard]] constexpr std::uint32_t second_of_tick(std::uint16_t tick,
                                                     std::uint32_t now) noexcept {
    const std::uint32_t ticks = now / tick_seconds;
    const auto age = static_cast<std::uint16_t>(static_cast<std::uint16_t>(ticks) - tick);
    return (ticks - (age > 65'000 ? 0U : std::min<std::uint32_t>(age, ticks))) * tick_seconds;
}

}  // namespace chihaya::redis
