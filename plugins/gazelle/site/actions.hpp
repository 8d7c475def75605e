#pragma once

/// @file actions.hpp
/// What the site can tell its tracker: one function for each action of an update call. CONTROL.md
/// says what each does.

#include "chihaya/backend_driver.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/status.hpp"
#include "plugins/gazelle/site/control_query.hpp"
#include "plugins/gazelle/site/traced_users.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace chihaya::gazelle {

/// What actions work on. Lifetime: all outlive it
struct ActionTools {
    RegistrySink& registry;
    TrackerView& tracker;
    TracedUsers& traced;
    const std::map<std::int32_t, std::string>& delete_reasons;
};

/// How an action ended.
struct Performed {
    Status status{};          // not ok: nothing has changed
    std::string note{};       // for the log: ids and counts, never a passkey
    std::string line_out{};   // goes before "success", where the site reads it
    bool has_missed = false;  // a record that it is about is not here
};

/// One at a time: they read a record, change it, and put it back.
/// Errors: std::bad_alloc
using Action = Performed (*)(const ActionTools& tools, const ControlQuery& query);

/// Null: there is no action of this name.
[[nodiscard]] Action find_action(std::string_view name) noexcept;

// Torrents and tokens: actions_torrents.cpp
Performed add_torrent(const ActionTools& tools, const ControlQuery& query);
Performed update_torrent(const ActionTools& tools, const ControlQuery& query);
Performed update_torrents(const ActionTools& tools, const ControlQuery& query);
Performed delete_torrent(const ActionTools& tools, const ControlQuery& query);
Performed info_torrent(const ActionTools& tools, const ControlQuery& query);
Performed add_token(const ActionTools& tools, const ControlQuery& query);
Performed remove_token(const ActionTools& tools, const ControlQuery& query);

// Users: actions_users.cpp
Performed add_user(const ActionTools& tools, const ControlQuery& query);
Performed remove_user(const ActionTools& tools, const ControlQuery& query);
Performed remove_users(const ActionTools& tools, const ControlQuery& query);
Performed change_passkey(const ActionTools& tools, const ControlQuery& query);
Performed update_user(const ActionTools& tools, const ControlQuery& query);
Performed trace_user(const ActionTools& tools, const ControlQuery& query);

// Clients and the tracker itself: actions_tracker.cpp
Performed add_whitelist(const ActionTools& tools, const ControlQuery& query);
Performed remove_whitelist(const ActionTools& tools, const ControlQuery& query);
Performed edit_whitelist(const ActionTools& tools, const ControlQuery& query);
Performed update_announce_interval(const ActionTools& tools, const ControlQuery& query);
Performed update_announce_jitter(const ActionTools& tools, const ControlQuery& query);

}  // namespace chihaya::gazelle
