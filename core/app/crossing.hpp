#pragma once

/// @file crossing.hpp
/// One change of the tracker driver, from its beginning to its end. See driver_switch.hpp.

#include "core/app/driver_switch.hpp"
#include "core/app/driver_target.hpp"
#include "core/app/pace.hpp"
#include "core/app/session_change.hpp"
#include "core/logic/carry.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace chihaya::app {

/// Thread: one, as `DriverSwitch::to`
class Crossing {
public:
    Crossing(const DriverSwitch::Parts& parts, const TrackerSetup& setup,
             const std::atomic<bool>& ends);
    /// Goes back to how it was, unless it has been crossed.
    ~Crossing();
    Crossing(const Crossing&) = delete;
    Crossing& operator=(const Crossing&) = delete;

    // In this order; the first that fails ends it.

    /// Makes the driver. Errors: in the words of the plugin, or what the plugin has logged
    [[nodiscard]] Result<bool> make(const plugin::Library& library);
    /// Puts the registry there, and lets whoever writes to the old driver write to it, too.
    [[nodiscard]] Status put_registry();
    /// The workers note what they change, and have a session there that answers.
    [[nodiscard]] Status open_sessions();
    /// All passes but the last.
    [[nodiscard]] Status carry();
    /// Holds the workers, carries what is left, and changes over.
    [[nodiscard]] Status cross();
    /// What remains to be done: gives the old driver back.
    void settle();

    [[nodiscard]] const Switched& outcome() const noexcept { return outcome_; }

private:
    using Steady = std::chrono::steady_clock;

    class Everyone;

    [[nodiscard]] Status pass(Status (logic::Carry::*which)());
    [[nodiscard]] Status carry_the_rest(Everyone& quiet, Steady::time_point until);
    void let_all_do(const std::function<void(SessionChange&)>& part);
    void forget_erased_users();
    void say_farewells();
    [[nodiscard]] bool is_back(const ExpiredPeer& gone);

    const DriverSwitch::Parts& parts_;
    const std::chrono::milliseconds answer_within_;
    TrackerSetup setup_;
    const std::atomic<bool>& ends_;
    const Steady::time_point began_ = Steady::now();

    TrackerPlacePtr old_;
    TrackerPlacePtr next_;
    Pace pace_;
    std::chrono::microseconds pass_took_{0};
    std::deque<logic::ChangedSwarms> notes_;  // each worker's, and at the end everybody else's
    std::optional<DriverTarget> target_;
    std::optional<logic::Carry> carry_;
    std::shared_ptr<Hold> hold_;
    bool is_written_to_ = false;
    bool has_crossed_ = false;
    bool has_erased_ = false;
    Switched outcome_;
};

}  // namespace chihaya::app
