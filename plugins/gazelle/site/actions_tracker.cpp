#include "plugins/gazelle/site/actions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>
#include <utility>

namespace chihaya::gazelle {
namespace {

constexpr const char* no_prefix = "peer_id is not 1 to 20 bytes: nothing done";
constexpr std::chrono::seconds day{86'400};

Status put(RegistrySink& registry, const PeerIdPrefix& prefix) {
    const ClientRecord client{.prefix = prefix};
    return registry.put_clients(std::span(&client, 1));
}

/// A value that no interval can be is the same as none.
std::chrono::seconds seconds_of(const ControlQuery& query, std::string_view name) noexcept {
    const auto number = query.number(name);
    const bool is_sane = number && *number >= 0 && *number <= day.count();
    return std::chrono::seconds(is_sane ? *number : -1);
}

std::string note_of(std::chrono::seconds interval, std::chrono::seconds jitter) {
    return "interval=" + std::to_string(interval.count()) +
           " jitter=" + std::to_string(jitter.count());
}

using Named = std::pair<std::string_view, Action>;
constexpr std::array<Named, 18> actions{{
    {"add_torrent", add_torrent},
    {"update_torrent", update_torrent},
    {"update_torrents", update_torrents},
    {"delete_torrent", delete_torrent},
    {"info_torrent", info_torrent},
    {"add_token", add_token},
    {"remove_token", remove_token},
    {"add_user", add_user},
    {"remove_user", remove_user},
    {"remove_users", remove_users},
    {"change_passkey", change_passkey},
    {"update_user", update_user},
    {"trace_user", trace_user},
    {"add_whitelist", add_whitelist},
    {"remove_whitelist", remove_whitelist},
    {"edit_whitelist", edit_whitelist},
    {"update_announce_interval", update_announce_interval},
    {"update_announce_jitter", update_announce_jitter},
}};

}  // namespace

Action find_action(std::string_view name) noexcept {
    const auto* const found = std::find_if(
        actions.begin(), actions.end(), [&](const Named& action) { return action.first == name; });
    return found == actions.end() ? nullptr : found->second;
}

Performed add_whitelist(const ActionTools& tools, const ControlQuery& query) {
    const auto prefix = query.prefix("peer_id");
    return prefix ? Performed{.status = put(tools.registry, *prefix)}
                  : Performed{.note = no_prefix};
}

Performed remove_whitelist(const ActionTools& tools, const ControlQuery& query) {
    const auto prefix = query.prefix("peer_id");
    return prefix ? Performed{.status = tools.registry.erase_clients(std::span(&*prefix, 1))}
                  : Performed{.note = no_prefix};
}

/// The new one first: a list that is empty for a moment would let everybody in.
Performed edit_whitelist(const ActionTools& tools, const ControlQuery& query) {
    const auto before = query.prefix("old_peer_id");
    const auto after = query.prefix("new_peer_id");
    if (!after) {
        return {.note = no_prefix};
    }
    Status status = put(tools.registry, *after);
    if (status.ok() && before && before != after) {
        status = tools.registry.erase_clients(std::span(&*before, 1));
    }
    return {.status = status};
}

Performed update_announce_interval(const ActionTools& tools, const ControlQuery& query) {
    TrackerNumbers now;
    tools.tracker.numbers(now);
    const auto interval = seconds_of(query, "new_announce_interval");
    const auto jitter = std::min(now.interval_jitter, interval);
    if (interval.count() <= 0) {
        return {.status = {StatusCode::rejected, "the interval is not 1 to 86400 seconds"}};
    }
    return {.status = tools.tracker.set_interval(interval, jitter),
            .note = note_of(interval, jitter)};
}

Performed update_announce_jitter(const ActionTools& tools, const ControlQuery& query) {
    TrackerNumbers now;
    tools.tracker.numbers(now);
    const auto jitter = seconds_of(query, "new_announce_jitter");
    if (jitter.count() < 0 || jitter > now.interval) {
        return {.status = {StatusCode::rejected, "the jitter is not from 0 to the interval"}};
    }
    return {.status = tools.tracker.set_interval(now.interval, jitter),
            .note = note_of(now.interval, jitter)};
}

}  // namespace chihaya::gazelle
