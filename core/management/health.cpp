#include "core/management/health.hpp"

#include <utility>

namespace chihaya::management {
namespace {

using namespace std::chrono_literals;

/// A driver that has nothing to be healthy about is not ill.
bool is_well(Status status) noexcept {
    return status.ok() || status.code == StatusCode::unsupported;
}

Reply unwell(std::string_view kind, const std::string& name, Status status) {
    return text_reply(503, std::string(kind) + " driver " + name + ": " + status.reason);
}

}  // namespace

Health::Health(TrackerDriver& tracker, std::string tracker_name, BackendDriver& backend,
               std::string backend_name)
    : tracker_(tracker),
      backend_(backend),
      tracker_name_(std::move(tracker_name)),
      backend_name_(std::move(backend_name)) {}

Reply Health::answer() {
    return last_.with([this](Last& last) {
        const Moment now = std::chrono::steady_clock::now();
        if (!last.asked || now - *last.asked >= 1s) {
            last.reply = ask();
            last.asked = std::chrono::steady_clock::now();
        }
        return last.reply;
    });
}

Reply Health::ask() const {
    if (const Status status = tracker_.health(); !is_well(status)) {
        return unwell("tracker", tracker_name_, status);
    }
    if (const Status status = backend_.health(); !is_well(status)) {
        return unwell("backend", backend_name_, status);
    }
    return {.body = "STILL-ALIVE"};
}

}  // namespace chihaya::management
