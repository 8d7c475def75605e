#include "tests/bench/load/plan.hpp"

#include "tests/bench/load/clock.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace chihaya::bench {

Plan Plan::fill(const Options& options) noexcept {
    return {options, true, std::uint64_t{options.swarms} * options.peers};
}

Plan Plan::measure(const Options& options) noexcept {
    return {options, false, options.requests > 0 ? options.requests : UINT64_MAX};
}

std::optional<Asked> Plan::next() noexcept {
    if (at_ == end_)
        return std::nullopt;
    if (options_.rate > 0 && !fill_)
        wait_until_due();
    Asked asked = choose(at_++);
    if (options_.accounts > 0) {
        asked.account = account_of(asked.swarm, asked.peer, options_.accounts);
        // Grows from one announce of a peer to its next, also in another run.
        asked.uploaded = asked.started ? 0 : nanoseconds() / 1'000;
    }
    return asked;
}

/// After a stall what is overdue goes out at once, so that the mean is right.
void Plan::wait_until_due() noexcept {
    constexpr std::uint64_t second = 1'000'000'000;
    const std::uint64_t now = nanoseconds();
    if (began_ == 0)
        began_ = now;
    const std::uint64_t due = began_ + at_ * second / options_.rate;
    if (due > now)
        std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
}

Asked Plan::choose(std::uint64_t i) const noexcept {
    if (fill_) {
        return Asked{static_cast<std::uint32_t>(i % options_.swarms),
                     static_cast<std::uint32_t>(i / options_.swarms), 0, true};
    }
    const std::uint64_t random = mix(mix(options_.seed) + i);
    const std::uint32_t askers = std::min(options_.peers, options_.askers);
    return Asked{static_cast<std::uint32_t>((random >> 32U) * options_.swarms >> 32U),
                 static_cast<std::uint32_t>((random & UINT32_MAX) * askers >> 32U),
                 options_.num_want, false};
}

}  // namespace chihaya::bench
