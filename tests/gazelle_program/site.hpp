#pragma once

/// @file site.hpp
/// A Gazelle site with a database of its own, as it is left by a tracker.

#include "tests/gazelle_program/site_rows.hpp"
#include "tests/support/gazelle_site.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/wire_http/announce.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::test {

/// Clients: two on the site's list, one that is not.
inline constexpr std::string_view peer_a = "-TR3000-AAAAAAAAAAAA";
inline constexpr std::string_view peer_b = "-qB4250-BBBBBBBBBBBB";
inline constexpr std::string_view peer_x = "-XX0001-CCCCCCCCCCCC";

/// The server that all sites of this process share. What stops or kills one starts its own.
[[nodiscard]] MariadbServer& shared_mariadb();

/// The Redis that trackers of this process share, empty again; null where there is none to start.
[[nodiscard]] const RedisServer* shared_redis();

/// Of the users and torrents of tests/support/gazelle_site.hpp, and of those that `add_users` and
/// `add_torrents` make.
[[nodiscard]] std::string passkey_of(std::uint32_t user);
[[nodiscard]] std::string hash_of(std::uint32_t torrent);

/// The database of tests/support/gazelle_site.hpp, made anew.
class Site {
public:
    /// `redis`: where its trackers keep their swarms; null: each in its memory.
    explicit Site(Gazelle dialect, const MariadbServer& server = shared_mariadb(),
                  const RedisServer* redis = nullptr);

    [[nodiscard]] Gazelle dialect() const noexcept { return dialect_; }
    [[nodiscard]] bool is_opsnet() const noexcept { return dialect_ == Gazelle::opsnet; }
    [[nodiscard]] const RedisServer* redis() const noexcept { return redis_; }
    [[nodiscard]] const std::string& schema() const noexcept { return schema_; }
    [[nodiscard]] const MariadbServer& server() const noexcept { return server_; }

    /// The site's own way into its database.
    [[nodiscard]] Sql& sql() noexcept { return *sql_; }
    /// After its server was started again.
    void reconnect() { sql_.emplace(server_, schema_); }

    void add_users(std::uint32_t first, std::uint32_t count);
    void add_torrents(std::uint32_t first, std::uint32_t count);

    /// What a user's totals have grown by since the site was made.
    [[nodiscard]] Credit credit(std::uint32_t user);
    [[nodiscard]] TorrentRow torrent(std::uint32_t torrent);
    [[nodiscard]] std::optional<PeerRow> peer(std::uint32_t user, std::uint32_t torrent,
                                              std::string_view peer_id = peer_a);
    [[nodiscard]] std::vector<SnatchRow> snatches();
    [[nodiscard]] std::optional<TokenRow> token(std::uint32_t user, std::uint32_t torrent);

    /// How many rows of peers there are. The tracker's own row, its marker, is of user 0.
    [[nodiscard]] std::int64_t peer_rows();

    /// Everything that its tables hold, but for the marker.
    [[nodiscard]] std::string content();

    /// Names of the tables that hold the totals of users and of torrents, and of their keys.
    [[nodiscard]] std::string users_table() const;
    [[nodiscard]] std::string users_key() const;
    [[nodiscard]] std::string torrents_table() const;
    [[nodiscard]] std::string torrents_key() const;

private:
    [[nodiscard]] std::map<std::uint32_t, Credit> totals(const std::string& condition);
    [[nodiscard]] std::int64_t number(const std::string& query);

    Gazelle dialect_;
    const MariadbServer& server_;
    const RedisServer* redis_;
    std::string schema_;
    std::optional<Sql> sql_;
    std::map<std::uint32_t, Credit> before_;  // totals when it was made
};

/// Plays a scenario on a site of each dialect, each made for it on that server.
template <class Scenario>
void on_each_site(Scenario scenario, MariadbServer& (*server)() = shared_mariadb) {
    if (lacks_mariadb()) {
        return;
    }
    for (const Gazelle dialect : {Gazelle::whatcd, Gazelle::opsnet}) {
        INFO("the site is " << (dialect == Gazelle::whatcd ? "WhatCD's" : "Orpheus'"));
        Site site(dialect, server());
        scenario(site);
    }
}

/// The same, and on one whose trackers keep their swarms in Redis, where Redis is installed.
template <class Scenario>
void on_each_site_and_redis(Scenario scenario) {
    on_each_site(scenario);
    const RedisServer* const redis = lacks_mariadb() ? nullptr : shared_redis();
    if (redis != nullptr) {
        INFO("the site is WhatCD's, its swarms are in Redis");
        Site site(Gazelle::whatcd, shared_mariadb(), redis);
        scenario(site);
    }
}

}  // namespace chihaya::test
