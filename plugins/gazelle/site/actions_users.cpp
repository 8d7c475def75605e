#include "plugins/gazelle/site/actions.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr const char* unknown_user = "unknown passkey: nothing done";

std::string note_of(const UserRecord& user) {
    return "user=" + std::to_string(static_cast<std::uint64_t>(user.id));
}

bool find(const ActionTools& tools, std::string_view passkey, UserRecord& user) {
    return !passkey.empty() && tools.tracker.find_user(passkey, user);
}

Status put(const ActionTools& tools, const UserRecord& user) {
    return tools.registry.put_users(std::span(&user, 1));
}

/// Sets or clears; nothing leaves it as it is.
void set(UserFlags& flags, UserFlags flag, std::optional<bool> value) noexcept {
    if (value) {
        const auto bit = static_cast<std::uint32_t>(flag);
        const auto others = static_cast<std::uint32_t>(flags) & ~bit;
        flags = static_cast<UserFlags>(others | (*value ? bit : 0U));
    }
}

void set_visible(UserRecord& user, std::optional<bool> is_visible) noexcept {
    set(user.flags, UserFlags::hidden, is_visible ? std::optional(!*is_visible) : std::nullopt);
}

}  // namespace

Performed add_user(const ActionTools& tools, const ControlQuery& query) {
    UserRecord user;
    const bool is_known = find(tools, query.value("passkey"), user);
    if (!is_known) {
        const auto id = query.id("id");
        const auto passkey = query.passkey("passkey");
        if (!id || !passkey) {
            return {.note = "id or passkey is missing or wrong: nothing done"};
        }
        user.id = UserId{*id};
        user.passkey = *passkey;
    }
    set_visible(user, query.flag("visible"));
    return {.status = put(tools, user), .note = note_of(user) + (is_known ? " known" : "")};
}

Performed remove_user(const ActionTools& tools, const ControlQuery& query) {
    UserRecord user;
    if (!find(tools, query.value("passkey"), user)) {
        return {.note = unknown_user, .has_missed = true};
    }
    return {.status = tools.registry.erase_users(std::span(&user.id, 1)), .note = note_of(user)};
}

Performed remove_users(const ActionTools& tools, const ControlQuery& query) {
    constexpr std::size_t size = sizeof(Passkey::text);
    std::vector<UserId> users;
    bool has_missed = false;
    std::string_view passkeys = query.value("passkeys");
    for (; passkeys.size() >= size; passkeys.remove_prefix(size)) {
        UserRecord user;
        if (find(tools, passkeys.substr(0, size), user)) {
            users.push_back(user.id);
        } else {
            has_missed = true;
        }
    }
    return {.status = users.empty() ? Status{} : tools.registry.erase_users(users),
            .note = "users=" + std::to_string(users.size()),
            .has_missed = has_missed};
}

Performed change_passkey(const ActionTools& tools, const ControlQuery& query) {
    UserRecord user;
    if (!find(tools, query.value("oldpasskey"), user)) {
        return {.note = unknown_user, .has_missed = true};
    }
    const auto passkey = query.passkey("newpasskey");
    if (!passkey) {
        return {.note = note_of(user) + " newpasskey is missing or wrong: nothing done"};
    }
    if (*passkey == user.passkey) {
        return {.note = note_of(user) + " has it already"};
    }
    user.passkey = *passkey;
    return {.status = put(tools, user), .note = note_of(user)};
}

Performed update_user(const ActionTools& tools, const ControlQuery& query) {
    UserRecord user;
    if (!find(tools, query.value("passkey"), user)) {
        return {.note = unknown_user, .has_missed = true};
    }
    set(user.flags, UserFlags::can_leech, query.flag("can_leech"));
    set_visible(user, query.flag("visible"));
    return {.status = put(tools, user), .note = note_of(user)};
}

Performed trace_user(const ActionTools& tools, const ControlQuery& query) {
    UserRecord user;
    if (!find(tools, query.value("passkey"), user)) {
        return {.note = unknown_user};
    }
    const auto is_traced = query.flag("trace");
    if (is_traced && !tools.traced.set(user.id, *is_traced)) {
        return {.note = note_of(user) + " too many are traced: nothing done"};
    }
    return {.note = note_of(user)};
}

}  // namespace chihaya::gazelle
