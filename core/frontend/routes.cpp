#include "core/frontend/routes.hpp"

#include "core/logic/passkey.hpp"

namespace chihaya::frontend {
namespace {

constexpr std::string_view users = "/users";

Action action_of(std::string_view segment) noexcept {
    if (segment == "/announce") {
        return Action::announce;
    }
    return segment == "/scrape" ? Action::scrape : Action::none;
}

}  // namespace

Route route(std::string_view path, bool private_mode) noexcept {
    const Action plain = action_of(path);
    if (plain != Action::none || !private_mode) {
        return {plain, {}};
    }
    const auto last = path.rfind('/');
    if (last == std::string_view::npos || last == 0) {
        return {};
    }
    std::string_view before = path.substr(0, last);
    if (before.starts_with(users) && before.size() > users.size() && before[users.size()] == '/') {
        before.remove_prefix(users.size());
    }
    const std::string_view passkey = before.substr(1);
    return logic::is_passkey(passkey) ? Route{action_of(path.substr(last)), passkey} : Route{};
}

}  // namespace chihaya::frontend
