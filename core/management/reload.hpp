#pragma once

/// @file reload.hpp
/// `POST /reload`: what became of a reload of the configuration, and how the caller is told.

#include "core/management/reply.hpp"

#include <functional>
#include <string>
#include <vector>

namespace chihaya::management {

/// A changed key that has no effect before the next start.
struct WaitingKey {
    std::string key;
    std::string reason;  // the driver's, or empty
};

struct ReloadReport {
    bool is_refused = false;  // nothing has changed: `errors` say why
    bool is_busy = false;     // not now: the tracker is starting or stopping
    std::vector<std::string> changed;
    std::vector<WaitingKey> waiting;
    std::vector<std::string> warnings;
    std::vector<std::string> errors;
};

/// Reloads, and returns when that is done. Thread: any
using ReloadCall = std::function<ReloadReport()>;

/// Shape: 200 `{"changed": […], "restart": […], "warnings": […]}`, 422 `{"errors": […]}`; 503 when
///        it is busy
[[nodiscard]] Reply reload_reply(const ReloadReport& report);

}  // namespace chihaya::management
