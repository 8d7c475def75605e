#pragma once

/// @file moment.hpp
/// Time as the swarms keep it: whole seconds for accounts, thirteen bits of ticks for everybody
/// else.

#include "chihaya/types.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace chihaya::memory {

inline constexpr std::uint32_t tick_mask = 0x1fff;

/// A moment in both forms.
struct Moment {
    std::uint32_t second = 0;  // Unix time
    std::uint16_t tick = 0;    // modulo 8192
};

/// How long a tick is, and what follows from it.
class TickScale {
public:
    /// A tick is as short as thirteen bits allow with room to spare: a second for lifetimes up to
    /// half an hour, two for the usual 65 minutes, never more than 20 up to 34 hours.
    explicit TickScale(std::chrono::seconds lifetime) noexcept
        : seconds_(scale(static_cast<std::uint64_t>(std::max<std::int64_t>(lifetime.count(), 1)))) {
    }

    [[nodiscard]] Moment moment(std::uint32_t second) const noexcept {
        return {second, static_cast<std::uint16_t>((second / seconds_) & tick_mask)};
    }
    [[nodiscard]] Moment moment(Time time) const noexcept {
        const auto second = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
        return moment(static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(second.count(), 0, std::int64_t{0xffffffff})));
    }

    /// Ticks since `then`. Sessions' clocks differ a little: what lies just ahead is now.
    [[nodiscard]] static std::uint32_t age(std::uint16_t now, std::uint16_t then) noexcept {
        const std::uint32_t ticks = (std::uint32_t{now} - then) & tick_mask;
        return ticks > tick_mask - skew_max ? 0 : ticks;
    }

    /// The start of the tick `then`, seen from `now`.
    [[nodiscard]] std::uint32_t second_of(std::uint16_t then, const Moment& now) const noexcept {
        const std::uint32_t ticks = now.second / seconds_;
        return (ticks - std::min(ticks, age(now.tick, then))) * seconds_;
    }

    /// A tick older than so many has been over for longer than `lifetime`, whatever was rounded.
    [[nodiscard]] std::uint32_t limit(std::chrono::seconds lifetime) const noexcept {
        const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(lifetime.count(), 1));
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>((count + seconds_ - 1) / seconds_, tick_mask));
    }

    /// Can ages up to `lifetime` be told apart, with time for the sweep?
    [[nodiscard]] bool carries(std::chrono::seconds lifetime) const noexcept {
        return limit(lifetime) <= longest;
    }

    [[nodiscard]] std::uint32_t seconds() const noexcept { return seconds_; }

    static constexpr std::uint32_t skew_max = 512;

private:
    static constexpr std::uint32_t longest = 6400;

    static std::uint32_t scale(std::uint64_t lifetime) noexcept {
        const std::uint64_t roomy = std::max<std::uint64_t>(1, (lifetime + 2047) / 2048);
        const std::uint64_t tight = std::max<std::uint64_t>(20, (lifetime + 6143) / 6144);
        return static_cast<std::uint32_t>(std::min({roomy, tight, std::uint64_t{0xffffffff}}));
    }

    std::uint32_t seconds_;
};

/// What the operator has set, as of this batch.
struct Rules {
    TickScale ticks{std::chrono::seconds(1)};
    std::uint32_t limit_ticks = 0;  // older, and a peer is gone
    std::uint32_t peer_lifetime = 0;
    std::uint32_t history_lifetime = 0;
    bool purge_empty = true;
    bool keep_ids = false;
    std::uint8_t preferred_ipv4_bits = 0;
    std::uint8_t preferred_ipv6_bits = 0;
};

/// Has `then` been over for more than `lifetime` seconds?
[[nodiscard]] constexpr bool is_over(std::uint32_t now, std::uint32_t then,
                                     std::uint32_t lifetime) noexcept {
    return now > then && now - then > lifetime;
}

}  // namespace chihaya::memory
