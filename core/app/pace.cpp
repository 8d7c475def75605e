#include "core/app/pace.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace chihaya::app {

std::chrono::milliseconds PaceKeeper::pause(std::uint64_t announces,
                                            Steady::time_point now) noexcept {
    using Seconds = std::chrono::duration<double>;
    constexpr Seconds longest = limits::carry_pause_max;
    const Seconds since = now - std::exchange(at_, now);
    const auto fresh = static_cast<double>(announces - std::exchange(announces_, announces));
    const auto pace = static_cast<double>(pace_.each_second());
    if (pace == 0) {
        credit_ = 0;
        return {};
    }
    const double most = pace * longest.count();
    const double earned = pace * since.count();
    credit_ = std::clamp(std::min(credit_ + earned, most / 10) - fresh, -most, most / 10);
    return std::chrono::floor<std::chrono::milliseconds>(Seconds(std::max(-credit_ / pace, 0.0)));
}

}  // namespace chihaya::app
