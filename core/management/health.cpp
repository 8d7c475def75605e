#include "core/management/health.hpp"

#include <utility>

namespace chihaya::management {
namespace {

using namespace std::chrono_literals;

bool is_well(Status status) noexcept {
    return status.ok() || status.code == StatusCode::unsupported;
}

std::string reason_of(Status status) {
    if (is_well(status)) {
        return {};
    }
    const std::string reason = status.reason;
    return reason.empty() ? "it does not say why" : reason;
}

}  // namespace

DriverHealth Health::ask() {
    return last_.with([this](Last& last) {
        if (!last.asked || std::chrono::steady_clock::now() - *last.asked >= 1s) {
            DriverHealth health;
            health.tracker_reason = reason_of(tracker_.health());
            health.backend_reason = reason_of(backend_.health());
            health.tracker_ok = health.tracker_reason.empty();
            health.backend_ok = health.backend_reason.empty();
            last.health = std::move(health);
            last.asked = std::chrono::steady_clock::now();
        }
        return last.health;
    });
}

Reply alive_reply() {
    return {.body = "STILL-ALIVE"};
}

Reply ready_reply(const std::vector<std::string>& reasons) {
    if (reasons.empty()) {
        return text_reply(200, "READY");
    }
    Reply reply{.status = 503, .body = {}};
    for (const std::string& reason : reasons) {
        reply.body += reason + '\n';
    }
    return reply;
}

}  // namespace chihaya::management
