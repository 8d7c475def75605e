#include "core/app/driver_switch.hpp"

#include "core/app/crossing.hpp"

#include <exception>
#include <string>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "tracker";

Failure failure(std::string_view name, std::string_view reason) {
    return {"tracker.driver: cannot change over to '" + std::string(name) +
            "': " + std::string(reason) + "; the tracker goes on with the driver that it has"};
}

}  // namespace

Result<Switched> DriverSwitch::to(const plugin::Library& library, const TrackerSetup& setup) {
    const std::lock_guard lock(mutex_);
    if (parts_.roster.awaits_site()) {
        return failure(library.name(),
                       "its site has not been read since the start; once it has, "
                       "reload again");
    }
    try {
        Crossing crossing(parts_, setup, ends_);
        if (const auto made = crossing.make(library); made.has_error()) {
            return failure(library.name(), made.error().text);
        }
        parts_.log.write(Severity::info, area, "swarms are being carried to another driver",
                         {{"driver", library.name()}});
        for (Status (Crossing::*const step)() : {&Crossing::put_registry, &Crossing::open_sessions,
                                                 &Crossing::carry, &Crossing::cross}) {
            if (const Status status = (crossing.*step)(); !status.ok()) {
                return failure(library.name(), status.reason);
            }
        }
        crossing.settle();
        const Switched& outcome = crossing.outcome();
        parts_.log.write(Severity::info, area, "another driver has taken over",
                         {{"driver", library.name()},
                          {"swarms", std::uint64_t{outcome.swarms}},
                          {"peers", outcome.peers},
                          {"passes", std::uint64_t{outcome.passes}},
                          {"took_ms", static_cast<std::uint64_t>(outcome.took.count())},
                          {"held_us", static_cast<std::uint64_t>(outcome.held.count())}});
        return outcome;
    } catch (const std::exception& error) {
        return failure(library.name(), error.what());
    }
}

void DriverSwitch::end() noexcept {
    ends_ = true;
    const std::lock_guard lock(mutex_);
}

}  // namespace chihaya::app
