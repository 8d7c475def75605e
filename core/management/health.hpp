#pragma once

/// @file health.hpp
/// `/check`: is the process there? `/ready`: may a load balancer send clients here?
/// Source: Chihaya v1, of 2015: `/check` asks nobody

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/base/guarded.hpp"
#include "core/management/reply.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::management {

/// What the drivers said of themselves when they were last asked. A driver that has nothing to be
/// healthy about is not ill.
struct DriverHealth {
    bool tracker_ok = true;
    bool backend_ok = true;
    std::string tracker_reason;  // empty when it is ok
    std::string backend_reason;
};

/// Asks both drivers, at most once a second however often it is asked itself.
/// Thread: any; who asks while another waits for a driver waits as well
class Health {
public:
    Health(TrackerDriver& tracker, BackendDriver& backend) : tracker_(tracker), backend_(backend) {}

    [[nodiscard]] DriverHealth ask();

private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Last {
        std::optional<Moment> asked;
        DriverHealth health;
    };

    TrackerDriver& tracker_;
    BackendDriver& backend_;
    Guarded<Last> last_;
};

/// 200 and v1's `STILL-ALIVE`.
[[nodiscard]] Reply alive_reply();

/// 200 and `READY`, or 503 and a line for each of `reasons`.
[[nodiscard]] Reply ready_reply(const std::vector<std::string>& reasons);

}  // namespace chihaya::management
