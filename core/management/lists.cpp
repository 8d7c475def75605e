#include "core/management/lists.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/json_fields.hpp"
#include "core/management/torrents.hpp"
#include "core/management/users.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chihaya::management {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && stop == text.data() + text.size() ? std::optional(number)
                                                                     : std::nullopt;
}

/// Errors: empty when it is not what is accepted
std::optional<std::size_t> limit_of(const Target& target) noexcept {
    const auto text = target.value("limit");
    const auto limit = text ? number_of(*text) : limits::list_page_default;
    return limit && *limit >= 1 && *limit <= limits::list_page_max ? limit : std::nullopt;
}

Reply bad_limit() {
    return bad_request("malformed limit: accepted a whole number from 1 to " +
                       std::to_string(limits::list_page_max));
}

template <class Records>
Reply page_reply(const char* name, const Records& records, const std::optional<std::string>& next) {
    config::List list;
    list.reserve(records.size());
    for (const auto& record : records) {
        list.push_back(shown(record));
    }
    config::Object page;
    page.push_back({name, config::Value{std::move(list)}});
    if (next) {
        page.push_back({"next", json(*next)});
    }
    return json_reply(json(std::move(page)), config::Layout::compact);
}

Reply list_users(const Target& target, const logic::Roster& roster) {
    const auto key = target.value(target.has("id") ? "id" : "after");
    const auto number = key ? number_of(*key) : std::nullopt;
    if (key && !number) {
        return bad_request("malformed id or after: accepted the number of an account");
    }
    if (target.has("id")) {
        const auto user = roster.user(UserId{number.value_or(0)});
        return page_reply("users",
                          std::vector<UserRecord>(user ? 1 : 0, user.value_or(UserRecord{})),
                          std::nullopt);
    }
    const auto limit = limit_of(target);
    if (!limit) {
        return bad_limit();
    }
    const auto page = roster.users(number ? std::optional(UserId{*number}) : std::nullopt, *limit);
    return page_reply("users", page.records,
                      page.last
                          ? std::optional(std::to_string(static_cast<std::uint64_t>(*page.last)))
                          : std::nullopt);
}

Reply list_torrents(const Target& target, const logic::Roster& roster) {
    const auto key = target.value("after");
    const auto after = key ? info_hash_of(*key) : std::nullopt;
    if (key && !after) {
        return bad_request("malformed after: accepted 40 hexadecimal digits");
    }
    const auto limit = limit_of(target);
    if (!limit) {
        return bad_limit();
    }
    const auto page = roster.torrents(after, *limit);
    return page_reply("torrents", page.records,
                      page.last ? std::optional(text::hex(page.last->bytes)) : std::nullopt);
}

}  // namespace

Reply answer_list(const Call& call, const logic::Roster& roster) {
    return call.target.collection == "users" ? list_users(call.target, roster)
                                             : list_torrents(call.target, roster);
}

}  // namespace chihaya::management
