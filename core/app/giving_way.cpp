#include "core/app/giving_way.hpp"

#include <unistd.h>

#include <cstdint>
#include <string>

namespace chihaya::app {
namespace {

/// Without the first process of a container the system ends all others of it.
bool is_first_process() noexcept {
    return ::getpid() == 1;
}

}  // namespace

bool give_way(const GivingWay& parts, const std::atomic<bool>& ends) {
    const Supervisor::LongWork handing_over(parts.supervisor);
    if (is_first_process()) {
        const std::string why =
            "nothing is handed over: this tracker is process 1 of its container, which would end "
            "with it; accepted is one that something else has started: start the container with an "
            "init (docker run --init), or start a new one";
        parts.log.write(Severity::error, "handover", why);
        parts.successor.refuse(why);
        return false;
    }
    auto channel = parts.successor.next();
    if (channel.has_error()) {
        parts.log.write(Severity::error, "handover", channel.error().text);
        return false;
    }
    const auto other = parts.service.hand_over(
        **channel,
        {.replaced = [&](std::uint64_t process) { parts.supervisor.replaced_by(process); },
         .dismiss = [&] { parts.successor.dismiss(); },
         .ends = ends});
    if (other.has_error()) {
        parts.log.write(Severity::error, "handover", other.error().text);
        parts.successor.dismiss();
        return false;
    }
    return true;
}

}  // namespace chihaya::app
