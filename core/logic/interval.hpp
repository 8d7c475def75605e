#pragma once

/// @file interval.hpp
/// When a client should come back. A random share is added or taken off, so that a restart does not
/// synchronise all clients of the world for ever.

#include "core/logic/interval_setting.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace chihaya::logic {

/// `interval` of one reply: never below one second, nor below `min interval`. What a site has set
/// counts more than what is configured.
class Intervals {
public:
    /// What one client is told.
    struct Told {
        std::uint32_t interval = 0;
        std::uint32_t min_interval = 0;
    };

    explicit Intervals(const Policy& policy) noexcept
        : setting_(policy.interval_setting),
          interval_(
              std::max<std::uint32_t>(1, static_cast<std::uint32_t>(policy.interval.count()))),
          min_interval_(static_cast<std::uint32_t>(policy.min_interval.count())) {
        const auto spread = static_cast<std::uint32_t>(
            std::lround(std::clamp(policy.interval_jitter, 0.0, 0.5) * interval_));
        least_ = std::max({1U, min_interval_, interval_ - spread});
        choices_ = std::max(least_, interval_ + spread) - least_ + 1;
    }

    [[nodiscard]] Told next(Random& random) const noexcept {
        if (const auto set = site_has_set(); set.interval != 0) {
            return {set.interval + (set.jitter == 0 ? 0 : random.below(set.jitter + 1)),
                    set.interval};
        }
        return {choices_ == 1 ? least_ : least_ + random.below(choices_), min_interval_};
    }
    [[nodiscard]] std::uint32_t interval() const noexcept {
        const auto set = site_has_set();
        return set.interval != 0 ? set.interval : interval_;
    }
    [[nodiscard]] std::uint32_t min_interval() const noexcept {
        const auto set = site_has_set();
        return set.interval != 0 ? set.interval : min_interval_;
    }
    /// What is added to `interval` at most.
    [[nodiscard]] std::uint32_t jitter() const noexcept {
        const auto set = site_has_set();
        return set.interval != 0 ? set.jitter : least_ + choices_ - 1 - interval_;
    }

private:
    [[nodiscard]] IntervalSetting::Value site_has_set() const noexcept {
        return setting_ != nullptr ? setting_->read() : IntervalSetting::Value{};
    }

    const IntervalSetting* setting_;
    std::uint32_t interval_;
    std::uint32_t min_interval_;
    std::uint32_t least_ = 1;
    std::uint32_t choices_ = 1;
};

}  // namespace chihaya::logic
