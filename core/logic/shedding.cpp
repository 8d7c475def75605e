#include "core/logic/shedding.hpp"

#include <algorithm>
#include <utility>

namespace chihaya::logic {
namespace {

// Steps are a tenth of a second apart: everything is shed after a second behind, and nothing any
// more three seconds after the worker has caught up.
constexpr std::uint32_t up = 24;
constexpr std::uint32_t down = 8;

// Somebody is served however far behind the worker is.
constexpr std::uint32_t most_events = 224;

}  // namespace

void Shedding::step() noexcept {
    const auto longest = std::exchange(longest_, std::chrono::milliseconds(0));
    if (after_.count() == 0) {
        share_ = 0;
    } else if (longest > after_) {
        share_ = std::min(whole, share_ + up);
    } else if (longest <= after_ / 2) {
        share_ -= std::min(share_, down);
    }
}

std::uint32_t Shedding::chance(Urgency urgency) const noexcept {
    switch (urgency) {
        case Urgency::scrape:
            return std::min(whole, 4 * share_);
        case Urgency::refresh:
            return std::min(whole, 2 * share_);
        case Urgency::event:
            break;
    }
    return share_ <= whole / 2 ? 0 : std::min(2 * share_ - whole, most_events);
}

}  // namespace chihaya::logic
