#include "core/management/users.hpp"

#include "core/logic/passkey.hpp"
#include "core/management/json_fields.hpp"

#include <string>

namespace chihaya::management {
namespace {

constexpr const char* passkey_shape = "1 to 32 of A-Z, a-z, 0-9, _ and -";

Reply put_user(const Call& call, const std::string& passkey_of_path, logic::Roster& roster) {
    const auto body = call.body();
    if (!body) {
        return body_too_large();
    }
    JsonFields fields(*body);
    const UserRecord user = read_user(fields, passkey_of_path);
    return fields.ok() ? status_reply(roster.put_users({&user, 1}))
                       : bad_request(fields.complaints());
}

}  // namespace

UserRecord read_user(JsonFields& fields, const std::string& passkey_of_path) {
    UserRecord user;
    user.id = UserId{fields.whole("id", 0, {.least = 1})};
    if (fields.ok() && user.id == UserId::none) {
        fields.complain("id", "nothing", "the number of the account");
    }
    const std::string passkey = fields.text("passkey", passkey_shape).value_or(passkey_of_path);
    if (logic::is_passkey(passkey)) {
        std::ranges::copy(passkey, user.passkey.text.begin());
    } else {
        fields.complain("passkey", std::to_string(passkey.size()) + " characters", passkey_shape);
    }
    user.up_multiplier = fields.multiplier("up_multiplier");
    user.down_multiplier = fields.multiplier("down_multiplier");
    user.flags = fields.flag("can_leech", true) ? UserFlags::can_leech : UserFlags::none;
    user.flags = user.flags | (fields.flag("hidden", false) ? UserFlags::hidden : UserFlags::none);
    return user;
}

config::Value shown(const UserRecord& user) {
    config::Object members;
    members.reserve(6);
    members.push_back({"id", json(static_cast<std::uint64_t>(user.id))});
    members.push_back({"passkey", json(std::string(user.passkey.view()))});
    members.push_back({"up_multiplier", json(user.up_multiplier)});
    members.push_back({"down_multiplier", json(user.down_multiplier)});
    members.push_back({"can_leech", json(has(user.flags, UserFlags::can_leech))});
    members.push_back({"hidden", json(has(user.flags, UserFlags::hidden))});
    return json(std::move(members));
}

Reply answer_user(const Call& call, logic::Roster& roster) {
    const std::string passkey = percent_decoded(*call.target.item, false).value_or("");
    if (call.method == "PUT") {
        return put_user(call, passkey, roster);
    }
    const auto user = roster.user(passkey);
    if (call.method == "GET") {
        return user ? json_reply(shown(*user), config::Layout::compact)
                    : text_reply(404, "user does not exist");
    }
    return user ? status_reply(roster.erase_users({&user->id, 1})) : Reply{};
}

}  // namespace chihaya::management
