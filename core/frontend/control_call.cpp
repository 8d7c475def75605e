#include "core/frontend/control_call.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

namespace chihaya::frontend {
namespace {

// Which port a call came from is not known behind a proxy, and is nobody's concern; but an endpoint
// without one would not be present.
constexpr std::uint16_t any_port = 1;

constexpr std::chrono::milliseconds memory_pause{10};

/// Can this stand in a header?
bool is_field_value(std::string_view text) noexcept {
    return !text.empty() && text.size() <= limits::control_content_type_max &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

ControlCall::ControlCall(net::WorkerLoop& home, ControlCaller& caller,
                         const wire::HttpRequest& request, const IpAddress& source)
    : home_(home), caller_(caller), path_(request.path), query_(request.query), source_(source) {}

void ControlCall::perform(BackendDriver& driver) noexcept {
    ControlRequest request;
    request.method = "GET";
    request.path = path_;
    request.query = query_;
    if (source_.is_ipv4()) {
        request.ipv4 = source_.ipv4_endpoint(any_port);
    } else {
        request.ipv6 = source_.ipv6_endpoint(any_port);
    }
    driver.control(request, *this);
    go_home();
}

void ControlCall::answer(std::uint32_t http_status, std::string_view content_type,
                         std::string_view body) noexcept {
    try {
        body_ = body;
        content_type_ = is_field_value(content_type) ? content_type : "text/plain";
        const bool is_final = http_status >= 200 && http_status <= 599;
        status_ = is_final ? static_cast<std::uint16_t>(http_status) : std::uint16_t{500};
    } catch (const std::bad_alloc&) {
        body_.clear();
        status_ = 500;
    }
}

/// A connection waits for this, and nothing else will ever end its wait.
void ControlCall::go_home() noexcept {
    for (;;) {
        try {
            home_.post([self = shared_from_this()] { self->caller_.control_answered(*self); });
            return;
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(memory_pause);
        }
    }
}

}  // namespace chihaya::frontend
