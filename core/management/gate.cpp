#include "core/management/gate.hpp"

#include "core/base/ip_address.hpp"
#include "core/base/text.hpp"

#include <utility>

namespace chihaya::management {
namespace {

constexpr std::string_view scheme = "Bearer ";

/// "[::1]:6880" and "localhost:6880" without port and brackets.
std::string_view host_name(std::string_view host) noexcept {
    if (host.starts_with('[')) {
        return host.substr(1, host.find(']') - 1);
    }
    return host.substr(0, host.find(':'));
}

/// Can `host` mean another machine tomorrow?
bool is_rebindable(std::string_view host) noexcept {
    const std::string_view name = host_name(host);
    return !text::equal_ignoring_case(name, "localhost") && !IpAddress::parse(name);
}

bool is_same_origin(std::string_view origin, std::string_view host) noexcept {
    const auto scheme_end = origin.find("://");
    return scheme_end != std::string_view::npos &&
           text::equal_ignoring_case(origin.substr(scheme_end + 3), host);
}

}  // namespace

void Gate::set_token(std::string token) {
    auto next = std::make_shared<const std::string>(std::move(token));
    token_.with([&](auto& present) { present.swap(next); });
}

Access Gate::judge(const Caller& caller) const noexcept {
    const auto token = token_.with([](const auto& present) { return present; });
    if (!token->empty()) {
        if (caller.authorization.empty()) {
            return Access::no_token;
        }
        const bool is_bearer =
            text::equal_ignoring_case(caller.authorization.substr(0, scheme.size()), scheme);
        const std::string_view sent =
            is_bearer ? text::trim(caller.authorization.substr(scheme.size())) : "";
        return text::equal_in_constant_time(sent, *token) ? Access::granted : Access::wrong_token;
    }
    if (!caller.listener_on_loopback) {
        return Access::no_token;
    }
    const bool foreign = (!caller.host.empty() && is_rebindable(caller.host)) ||
                         (!caller.origin.empty() && !is_same_origin(caller.origin, caller.host));
    return foreign ? Access::foreign_origin : Access::granted;
}

Reply refusal(Access access) {
    if (access == Access::foreign_origin) {
        return text_reply(403, "Forbidden: without management.token, web pages may not call");
    }
    return text_reply(401, "Unauthorized: send Authorization: Bearer with management.token");
}

}  // namespace chihaya::management
