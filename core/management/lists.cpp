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

/// A record that the query names.
template <class Key>
struct Named {
    std::optional<Key> key;  // empty: it names none
    bool is_malformed = false;
};

Reply bad_number() {
    return bad_request("malformed id or after: accepted the number of an account");
}

Named<UserId> user_in(const Target& target, std::string_view key) {
    const auto text = target.value(key);
    const auto number = text ? number_of(*text) : std::nullopt;
    return {.key = number ? std::optional(UserId{*number}) : std::nullopt,
            .is_malformed = text && !number};
}

Reply list_users(const Target& target, const logic::Roster& roster) {
    if (target.has("id")) {
        const auto id = user_in(target, "id");
        if (id.is_malformed) {
            return bad_number();
        }
        const auto user = id.key ? roster.user(*id.key) : std::nullopt;
        return page_reply("users",
                          std::vector<UserRecord>(user ? 1 : 0, user.value_or(UserRecord{})),
                          std::nullopt);
    }
    const auto after = user_in(target, "after");
    const auto limit = limit_of(target);
    if (after.is_malformed || !limit) {
        return after.is_malformed ? bad_number() : bad_limit();
    }
    const auto page = roster.users(after.key, *limit);
    return page_reply("users", page.records,
                      page.last
                          ? std::optional(std::to_string(static_cast<std::uint64_t>(*page.last)))
                          : std::nullopt);
}

Reply bad_hash() {
    return bad_request("malformed after: accepted 40 hexadecimal digits");
}

Named<InfoHash> torrent_in(const Target& target) {
    const auto text = target.value("after");
    const auto info_hash = text ? info_hash_of(*text) : std::nullopt;
    return {.key = info_hash, .is_malformed = text && !info_hash};
}

Reply list_torrents(const Target& target, const logic::Roster& roster) {
    const auto after = torrent_in(target);
    const auto limit = limit_of(target);
    if (after.is_malformed || !limit) {
        return after.is_malformed ? bad_hash() : bad_limit();
    }
    const auto page = roster.torrents(after.key, *limit);
    return page_reply("torrents", page.records,
                      page.last ? std::optional(text::hex(page.last->bytes)) : std::nullopt);
}

Reply whole_list(const Target& target, const logic::Roster& roster, BulkCalls& bulk_calls) {
    if (target.has("limit") || target.has("id")) {
        return bad_request(
            "found limit or id with NDJSON, accepted is the whole list: leave it "
            "out, or ask for format=json");
    }
    if (target.collection == "users") {
        const auto after = user_in(target, "after");
        return after.is_malformed ? bad_number() : export_users(roster, after.key, bulk_calls);
    }
    const auto after = torrent_in(target);
    return after.is_malformed ? bad_hash() : export_torrents(roster, after.key, bulk_calls);
}

}  // namespace

Reply answer_list(const Call& call, logic::Roster& roster, BulkCalls& bulk_calls) {
    if (call.method == "PUT") {
        return import_lines(call, roster, bulk_calls);
    }
    const auto is_whole = wants_ndjson(call);
    if (!is_whole) {
        return bad_request("malformed format: accepted json or ndjson");
    }
    if (*is_whole) {
        return whole_list(call.target, roster, bulk_calls);
    }
    return call.target.collection == "users" ? list_users(call.target, roster)
                                             : list_torrents(call.target, roster);
}

}  // namespace chihaya::management
