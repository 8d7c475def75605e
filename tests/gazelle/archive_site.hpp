#pragma once

/// @file archive_site.hpp
/// A new site of each kind, its archive, and what is in its tables.

#include "plugins/gazelle/database/site_archive.hpp"
#include "tests/gazelle/site_parameters.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::gazelle::test {

using chihaya::test::create_site;
using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using chihaya::test::Gazelle;
using chihaya::test::lacks_mariadb;
using chihaya::test::MariadbServer;
using chihaya::test::Sql;
using chihaya::test::wait_until;

inline constexpr std::int64_t some_time = 1'700'000'000'000;

/// One server for all of them: to start it takes longer than all the rest.
inline MariadbServer& archive_server() {
    static MariadbServer server;
    server.start();
    return server;
}

struct Kind {
    const char* name;
    Gazelle site;
    bool is_strict;
};

inline constexpr Kind kinds[] = {{"WhatCD, strict", Gazelle::whatcd, true},
                                 {"OPSnet, strict", Gazelle::opsnet, true},
                                 {"WhatCD, lax", Gazelle::whatcd, false},
                                 {"OPSnet, lax", Gazelle::opsnet, false}};

/// A new site, its archive, and somebody who looks at its tables.
struct ArchiveSite {
    explicit ArchiveSite(const Kind& kind) : site(kind.site), sql(make(kind)) {}

    static Sql make(const Kind& kind) {
        Sql root(archive_server());
        root.run(kind.is_strict ? "SET GLOBAL sql_mode = DEFAULT" : "SET GLOBAL sql_mode = ''");
        create_site(archive_server(), kind.site);
        return Sql(archive_server(), "gazelle");
    }

    [[nodiscard]] bool is_opsnet() const { return site == Gazelle::opsnet; }
    [[nodiscard]] std::string user_table() const {
        return is_opsnet() ? "users_leech_stats" : "users_main";
    }
    [[nodiscard]] std::string user_key() const { return is_opsnet() ? "UserID" : "ID"; }
    [[nodiscard]] std::string torrent_table() const {
        return is_opsnet() ? "torrents_leech_stats" : "torrents";
    }
    [[nodiscard]] std::string torrent_key() const { return is_opsnet() ? "TorrentID" : "ID"; }

    /// "uploaded downloaded"
    std::string user(int id) {
        return sql.value("SELECT CONCAT(Uploaded, ' ', Downloaded) FROM " + user_table() +
                         " WHERE " + user_key() + " = " + std::to_string(id));
    }
    /// "seeders leechers snatched balance"
    std::string torrent(int id) {
        return sql.value("SELECT CONCAT_WS(' ', Seeders, Leechers, Snatched, Balance) FROM " +
                         torrent_table() + " WHERE " + torrent_key() + " = " + std::to_string(id));
    }
    std::string last_action(int id) {
        return sql.value("SELECT IFNULL(last_action = '0000-00-00 00:00:00', 1) FROM " +
                         torrent_table() + " WHERE " + torrent_key() + " = " +
                         std::to_string(id)) == "1"
                   ? "never"
                   : "some time";
    }
    std::string peer(const std::string& columns, const std::string& where = "uid = 10") {
        return sql.value("SELECT CONCAT_WS(' ', " + columns + ") FROM xbt_files_users WHERE " +
                         where);
    }
    /// How many wait for a lock of a row. (INNODB_TRX shows whoever asks often what it showed.)
    std::string row_lock_waits() {
        return sql.value(
            "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
            " WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'");
    }
    [[nodiscard]] Written write(const Ledger& ledger) {
        return archive.write(ledger, {spool, ++position});
    }
    void write_well(const Ledger& ledger) {
        const Written written = write(ledger);
        CHECK(written.error.text == "");
        REQUIRE(written.ok());
        CHECK(written.rejected_rows == 0);
    }
    [[nodiscard]] std::uint64_t marked() {
        std::optional<std::uint64_t> found;
        CHECK(archive.read(spool, found).text == "");
        return found.value_or(0);
    }

    Gazelle site;
    Sql sql;
    Parameters parameters = parameters_of(archive_server());
    FakeClock clock;
    FakeHost host{clock};
    SiteArchive archive{parameters, host};
    SpoolId spool{1, 2, 3};
    std::uint64_t position = 0;
};

inline PeerKey peer_key(std::uint64_t user, std::uint64_t torrent, std::uint8_t mark = 'A') {
    PeerKey key{.torrent = torrent, .user = user};
    std::ranges::copy(std::string_view("-TR3000-"), key.peer_id.begin());
    std::fill(key.peer_id.begin() + 8, key.peer_id.end(), mark);
    return key;
}

inline PeerRow peer_row(std::string_view agent = "Transmission/3.00") {
    PeerRow row{.uploaded = 300,
                .downloaded = 700,
                .left = 1'000,
                .corrupt = 1,
                .up_speed = 150,
                .down_speed = 350,
                .at = some_time,
                .stay = 2,
                .announces = 2,
                .ipv4 = {10, 0, 0, 1}};
    row.user_agent_size = static_cast<std::uint8_t>(std::min(agent.size(), kept_user_agent));
    std::copy_n(agent.begin(), row.user_agent_size, row.user_agent.begin());
    return row;
}

template <class Test>
void for_each_kind(const Test& test) {
    if (lacks_mariadb()) {
        return;
    }
    for (const Kind& kind : kinds) {
        CAPTURE(kind.name);
        ArchiveSite site(kind);
        test(site);
    }
    Sql(archive_server()).run("SET GLOBAL sql_mode = DEFAULT");
}

}  // namespace chihaya::gazelle::test
