#pragma once

/// @file health.hpp
/// `/check`: may a load balancer send clients here?
/// Source: Chihaya v1

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/base/guarded.hpp"
#include "core/management/reply.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace chihaya::management {

/// Asks both drivers, at most once a second however often it is asked itself.
/// Thread: any; who asks while another waits for a driver waits as well
class Health {
public:
    /// The names are those of the configuration.
    Health(TrackerDriver& tracker, std::string tracker_name, BackendDriver& backend,
           std::string backend_name);

    /// 200 and v1's `STILL-ALIVE`, or 503 and a line that names a driver and its reason.
    [[nodiscard]] Reply answer();

private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Last {
        std::optional<Moment> asked;
        Reply reply;
    };

    [[nodiscard]] Reply ask() const;

    TrackerDriver& tracker_;
    BackendDriver& backend_;
    std::string tracker_name_;
    std::string backend_name_;
    Guarded<Last> last_;
};

}  // namespace chihaya::management
