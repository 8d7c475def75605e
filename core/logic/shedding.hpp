#pragma once

/// @file shedding.hpp
/// How much of what comes a worker that has fallen behind answers without doing it.
///
/// The share that is shed goes up while the worker is behind and down, more slowly, when it has
/// caught up; between the two it stays. Who is shed is drawn by lot, anew for each request, and
/// what matters least to the swarms goes first.

#include "chihaya/types.hpp"
#include "core/logic/random.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace chihaya::logic {

/// What is lost when a request is not served, least first.
enum class Urgency : std::uint8_t {
    scrape,   // a number on a screen
    refresh,  // an announce without an event: the peer is in the swarm until its lifetime is over
    event     // a peer that has come, completed or left
};

/// Of one front end of a worker.
/// Thread: one worker's
class Shedding {
public:
    /// `after`: how far behind is too far; 0: nothing is ever shed.
    explicit Shedding(std::chrono::milliseconds after) noexcept : after_(after) {}
    void adopt(std::chrono::milliseconds after) noexcept { after_ = after; }

    /// Somebody has waited, or will have waited, so long. The longest within a step counts.
    void note(std::chrono::milliseconds waited) noexcept { longest_ = std::max(longest_, waited); }

    /// To be called some times a second: draws the conclusion from what was noted since.
    void step() noexcept;

    /// Is this one shed?
    [[nodiscard]] bool takes(Urgency urgency, Random& random) const noexcept {
        return share_ != 0 && random.below(whole) < chance(urgency);
    }

    /// 0: nothing is shed. 1: everything that may be.
    [[nodiscard]] double share() const noexcept { return static_cast<double>(share_) / whole; }

private:
    static constexpr std::uint32_t whole = 256;

    /// Of 256. Half of the share is reached with all refreshes gone and all events served; of those
    /// an eighth is served whatever happens.
    [[nodiscard]] std::uint32_t chance(Urgency urgency) const noexcept;

    std::chrono::milliseconds after_;
    std::chrono::milliseconds longest_{0};  // since the last step
    std::uint32_t share_ = 0;               // of `whole`
};

}  // namespace chihaya::logic
