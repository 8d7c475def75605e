#include "plugins/gazelle/database/site_archive.hpp"
#include "tests/gazelle/site_parameters.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("the books in a site's database");

namespace chihaya::gazelle::test {
namespace {

using chihaya::test::create_site;
using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using chihaya::test::Gazelle;
using chihaya::test::lacks_mariadb;
using chihaya::test::MariadbServer;
using chihaya::test::Sql;
using chihaya::test::wait_until;

constexpr std::int64_t some_time = 1'700'000'000'000;

/// One server for the file: to start it takes longer than all the rest.
MariadbServer& the_server() {
    static MariadbServer server;
    server.start();
    return server;
}

struct Kind {
    const char* name;
    Gazelle site;
    bool is_strict;
};

constexpr Kind kinds[] = {{"WhatCD, strict", Gazelle::whatcd, true},
                          {"OPSnet, strict", Gazelle::opsnet, true},
                          {"WhatCD, lax", Gazelle::whatcd, false},
                          {"OPSnet, lax", Gazelle::opsnet, false}};

/// A new site, its archive, and somebody who looks at its tables.
struct Site {
    explicit Site(const Kind& kind) : site(kind.site), sql(make(kind)) {}

    static Sql make(const Kind& kind) {
        Sql root(the_server());
        root.run(kind.is_strict ? "SET GLOBAL sql_mode = DEFAULT" : "SET GLOBAL sql_mode = ''");
        create_site(the_server(), kind.site);
        return Sql(the_server(), "gazelle");
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
    Parameters parameters = parameters_of(the_server());
    FakeClock clock;
    FakeHost host{clock};
    SiteArchive archive{parameters, host};
    SpoolId spool{1, 2, 3};
    std::uint64_t position = 0;
};

PeerKey peer_key(std::uint64_t user, std::uint64_t torrent, std::uint8_t mark = 'A') {
    PeerKey key{.torrent = torrent, .user = user};
    std::ranges::copy(std::string_view("-TR3000-"), key.peer_id.begin());
    std::fill(key.peer_id.begin() + 8, key.peer_id.end(), mark);
    return key;
}

PeerRow peer_row(std::string_view agent = "Transmission/3.00") {
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
        Site site(kind);
        test(site);
    }
    Sql(the_server()).run("SET GLOBAL sql_mode = DEFAULT");
}

}  // namespace

TEST_CASE("everything of one write arrives: sums added, counts replaced, snatches new") {
    for_each_kind([](Site& site) {
        Ledger ledger;
        ledger.users[10] = {5, 7};
        ledger.users[12] = {1, 0};
        ledger.torrents[100] = {2, 3, 1, -400, some_time};
        ledger.torrents[101] = {0, 1, 0, 0, some_time};
        ledger.tokens[{15, 100}] = 600;
        ledger.tokens[{12, 100}] = 500;
        ledger.peers[peer_key(10, 100)] = peer_row();
        ledger.snatches.push_back(
            {.user = 10, .torrent = 100, .at = some_time, .ipv4 = {10, 0, 0, 1}});
        site.write_well(ledger);
        CHECK(site.user(10) == "1000005 500007");
        CHECK(site.user(12) == "1 0");
        CHECK(site.torrent(100) == "2 3 6 -323");
        CHECK(site.last_action(100) == "some time");
        CHECK(site.torrent(101) == "0 1 0 0");
        CHECK(site.last_action(101) == "never");
        CHECK(site.sql.rows("SELECT UserID, Expired, Downloaded FROM users_freeleeches"
                            " WHERE TorrentID = 100 ORDER BY UserID") ==
              std::vector<Sql::Row>{{"10", "1", "0"}, {"12", "1", "500"}, {"15", "0", "1600"}});
        CHECK(site.peer("fid, active, announced, uploaded, downloaded, remaining, corrupt, upspeed,"
                        " downspeed, timespent, mtime, useragent, ip, connectable, completed") ==
              "100 1 2 300 700 1000 1 150 350 2 1700000000 Transmission/3.00 10.0.0.1 1 0");
        CHECK(site.peer("peer_id") == "-TR3000-AAAAAAAAAAAA");
        CHECK(site.sql.rows("SELECT uid, fid, tstamp, IP FROM xbt_snatched") ==
              std::vector<Sql::Row>{{"10", "100", "1700000000", "10.0.0.1"}});
        CHECK(site.marked() == 1);
        site.write_well(ledger);
        CHECK(site.user(10) == "1000010 500014");
        CHECK(site.torrent(100) == "2 3 7 -723");
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_files_users WHERE uid = 10") == "1");
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_snatched") == "2");
        CHECK(site.marked() == 2);
        CHECK(site.host.lines().empty());
    });
}

TEST_CASE("the marker is nobody's peer, and each spool has its own") {
    for_each_kind([](Site& site) {
        site.write_well({});
        CHECK(site.peer("uid, fid, active, remaining, mtime, uploaded", "fid = 0") ==
              "0 0 0 1 2147483647 1");
        std::optional<std::uint64_t> position = 5;
        CHECK(site.archive.read(SpoolId{9}, position).ok());
        CHECK_FALSE(position.has_value());
    });
}

TEST_CASE("address and client are refreshed, not emptied, and those of hidden users are erased") {
    for_each_kind([](Site& site) {
        Ledger ledger;
        PeerRow& row = ledger.peers[peer_key(10, 100)] = peer_row();
        site.write_well(ledger);
        row = peer_row("qBittorrent/4");
        row.ipv4 = {10, 0, 0, 2};
        site.write_well(ledger);
        CHECK(site.peer("ip, useragent") == "10.0.0.2 qBittorrent/4");
        row = peer_row("");
        row.ipv4 = {};
        row.is_active = false;
        site.write_well(ledger);
        CHECK(site.peer("ip, useragent, active") == "10.0.0.2 qBittorrent/4 0");
        row.ipv6 = {0x20, 0x01};
        site.write_well(ledger);
        CHECK(site.peer("ip") == "10.0.0.2");
        row = peer_row();
        row.is_hidden = true;
        ledger.snatches.push_back({.user = 10,
                                   .torrent = 100,
                                   .at = some_time,
                                   .is_hidden = true,
                                   .ipv4 = {10, 0, 0, 1}});
        site.write_well(ledger);
        CHECK(site.peer("CONCAT('<', ip, '>'), useragent") == "<> Transmission/3.00");
        CHECK(site.sql.value("SELECT CONCAT('<', IP, '>') FROM xbt_snatched") == "<>");
    });
}

TEST_CASE("a wider column holds IPv6 addresses") {
    for_each_kind([](Site& site) {
        site.sql.run("ALTER TABLE xbt_files_users MODIFY ip VARCHAR(45) NOT NULL DEFAULT ''");
        Ledger ledger;
        PeerRow& row = ledger.peers[peer_key(10, 100)] = peer_row();
        row.ipv4 = {};
        row.ipv6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
        site.write_well(ledger);
        CHECK(site.peer("ip") == "2001:db8::1");
    });
}

TEST_CASE("#31 whatever a client sends is written as far as the columns take it") {
    for_each_kind([](Site& site) {
        Ledger ledger;
        ledger.peers[peer_key(10, 100, 'A')] = peer_row(std::string(55, 'x'));
        ledger.peers[peer_key(10, 100, 'B')] = peer_row("\xFF\xFE\x41'\\");
        ledger.peers[peer_key(10, 100, 'C')] = peer_row("\xF0\x9F\x98\x80 \xC3\xA9");
        PeerRow& row = ledger.peers[peer_key(10, 100, 0xFF)] = peer_row();
        row.uploaded = row.downloaded = row.left = row.corrupt = ~std::uint64_t{0};
        row.up_speed = row.down_speed = std::uint64_t{1} << 32U;
        row.stay = row.announces = ~std::uint32_t{0};
        row.at = std::int64_t{1} << 52U;
        site.write_well(ledger);
        CHECK(site.sql.rows("SELECT useragent FROM xbt_files_users WHERE uid = 10"
                            " ORDER BY peer_id LIMIT 3") ==
              std::vector<Sql::Row>{{std::string(51, 'x')}, {"??A'\\"}, {"???? \xC3\xA9"}});
        const std::string most = site.is_opsnet() ? "2147483647" : "4294967295";
        CHECK(site.peer("uploaded, remaining, upspeed, downspeed, timespent, announced, mtime",
                        "announced > 2") == "9223372036854775807 9223372036854775807 " + most +
                                                ' ' + most + ' ' + most + " 2147483647 2147483647");
    });
}

TEST_CASE("#56 users and torrents that the site has deleted are passed over") {
    for_each_kind([](Site& site) {
        site.sql.run("DELETE FROM users_main WHERE ID = 12");
        if (site.is_opsnet()) {
            site.sql.run("DELETE FROM torrents_leech_stats WHERE TorrentID = 102");
        }
        site.sql.run("DELETE FROM torrents WHERE ID = 102");
        Ledger ledger;
        ledger.users[10] = {1, 1};
        ledger.users[12] = {1, 1};
        ledger.users[15] = {1, 1};
        ledger.torrents[101] = {1, 0, 0, 5, some_time};
        ledger.torrents[102] = {1, 0, 0, 5, some_time};
        site.write_well(ledger);
        CHECK(site.user(10) == "1000001 500001");
        CHECK(site.user(12) == "no row");
        CHECK(site.user(15) == "1 1");
        CHECK(site.torrent(101) == "1 0 0 5");
        CHECK(site.torrent(102) == "no row");
        CHECK(site.sql.value("SELECT COUNT(*) FROM users_main") == "6");
        CHECK(site.host.lines().empty());
    });
}

TEST_CASE("a user without a row of totals gets one, where the tracker may make it") {
    if (lacks_mariadb()) {
        return;
    }
    Site site(kinds[1]);
    site.sql.run("DELETE FROM users_leech_stats WHERE UserID IN (12, 15)");
    Ledger ledger;
    ledger.users[10] = {1, 1};
    ledger.users[12] = {3, 4};
    ledger.users[99] = {5, 6};
    site.write_well(ledger);
    CHECK(site.user(10) == "1000001 500001");
    CHECK(site.user(12) == "3 4");
    CHECK(site.user(99) == "no row");
    site.sql.run("REVOKE INSERT ON users_leech_stats FROM tracker@'%'");
    ledger.users[15] = {1, 1};
    site.write_well(ledger);
    site.write_well(ledger);
    CHECK(site.user(12) == "9 12");
    CHECK(site.user(15) == "no row");
    REQUIRE(site.host.lines().size() == 1);
    CHECK(site.host.lines().front().starts_with(
        "the site's table users_leech_stats: error 1142: INSERT command denied"));
}

TEST_CASE("#58 twenty thousand users are split into statements, and every sum is exact") {
    if (lacks_mariadb()) {
        return;
    }
    for (const Kind& kind : {kinds[0], kinds[1]}) {
        CAPTURE(kind.name);
        Site site(kind);
        Sql root(the_server(), "gazelle");
        root.run(
            "INSERT INTO users_main (ID, Username, Email, PermissionID, Enabled, torrent_pass)"
            " SELECT 1000 + seq, CONCAT('u', seq), '', 1, '1', MD5(seq) FROM seq_1_to_20000");
        if (site.is_opsnet()) {
            root.run(
                "INSERT INTO users_leech_stats (UserID) SELECT 1000 + seq FROM"
                " seq_1_to_20000");
        }
        Ledger ledger;
        for (std::uint64_t i = 1; i <= 20'000; ++i) {
            ledger.users[1'000 + i] = {i << 32U, 1};
            ledger.peers[peer_key(1'000 + i, 100)] = peer_row(std::string(51, 'x'));
        }
        site.write_well(ledger);
        CHECK(
            site.sql.value("SELECT CONCAT_WS(' ', SUM(Uploaded), SUM(Downloaded), COUNT(*)) FROM " +
                           site.user_table() + " WHERE " + site.user_key() + " > 1000") ==
            std::to_string((std::uint64_t{20'000} * 20'001 / 2) << 32U) + " 20000 20000");
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_files_users WHERE uid > 1000") == "20000");
    }
}

TEST_CASE("rows that the database will never take are left out, and all others are written") {
    for_each_kind([](Site& site) {
        site.sql.run(
            "CREATE TRIGGER refuse BEFORE INSERT ON xbt_files_users FOR EACH ROW"
            " IF NEW.uid IN (13, 77) THEN SIGNAL SQLSTATE '45000'; END IF");
        Ledger ledger;
        ledger.users[10] = {1, 1};
        for (std::uint64_t user = 1; user <= 100; ++user) {
            ledger.peers[peer_key(user, 100)] = peer_row();
        }
        for (int i = 1; i <= 2; ++i) {
            const Written written = site.write(ledger);
            CHECK(written.error.text == "");
            CHECK(written.rejected_rows == 2);
        }
        CHECK(site.user(10) == "1000002 500002");
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_files_users WHERE fid = 100") == "98");
        REQUIRE(site.host.lines().size() == 1);
        CHECK(site.host.lines().front().starts_with(
            "the site's table xbt_files_users: error 1644; a row is left out"));
    });
}

TEST_CASE("a table that refuses every row stops the books instead of losing them") {
    for_each_kind([](Site& site) {
        site.sql.run(
            "CREATE TRIGGER refuse BEFORE INSERT ON xbt_files_users FOR EACH ROW"
            " IF NEW.uid <> 0 THEN SIGNAL SQLSTATE '45000'; END IF;");
        Ledger ledger;
        ledger.users[10] = {1, 1};
        for (std::uint64_t user = 1; user <= 300; ++user) {
            ledger.peers[peer_key(user, 100)] = peer_row();
        }
        const Written written = site.write(ledger);
        CHECK(written.error.remedy == Remedy::ask_operator);
        CHECK(written.rejected_rows == 0);
        CHECK(site.user(10) == "1000000 500000");
        CHECK(site.marked() == 0);
    });
}

TEST_CASE("#59 a column that became narrower is looked up again") {
    for_each_kind([](Site& site) {
        Ledger ledger;
        ledger.users[10] = {1, 0};
        ledger.peers[peer_key(10, 100)] = peer_row();
        site.write_well(ledger);
        site.sql.run(
            "UPDATE xbt_files_users SET useragent = '';"
            "ALTER TABLE xbt_files_users MODIFY useragent VARCHAR(10) NOT NULL DEFAULT ''");
        site.write_well(ledger);
        CHECK(site.peer("useragent") == "Transmissi");
        CHECK(site.user(10) == "1000002 500000");
        CHECK(site.host.lines().empty());
    });
}

TEST_CASE("#57 a table without rights is named, nothing is written, and the rest may be") {
    for_each_kind([](Site& site) {
        site.sql.run("REVOKE INSERT ON xbt_snatched FROM tracker@'%'");
        Ledger ledger;
        ledger.users[10] = {1, 0};
        ledger.torrents[100] = {1, 0, 0, 0, some_time};
        ledger.tokens[{15, 100}] = 5;
        ledger.snatches.push_back({.user = 10, .torrent = 100, .at = some_time});
        Written written = site.write(ledger);
        CHECK(written.error.remedy == Remedy::ask_operator);
        CHECK(written.lacks_snatches);
        CHECK_FALSE(written.lacks_torrents);
        CHECK_FALSE(written.lacks_tokens);
        CHECK(site.user(10) == "1000000 500000");
        REQUIRE(site.host.lines().size() == 1);
        CHECK(site.host.lines().front().starts_with(
            "the site's table xbt_snatched: error 1142: INSERT command denied"));
        const auto snatches = std::exchange(ledger.snatches, {});
        site.write_well(ledger);
        CHECK(site.user(10) == "1000001 500000");
        ledger.snatches = snatches;
        site.sql.run(
            "GRANT INSERT ON xbt_snatched TO tracker@'%';"
            "REVOKE INSERT ON users_freeleeches FROM tracker@'%'");
        written = site.write(ledger);
        CHECK(written.lacks_tokens);
        CHECK_FALSE(written.lacks_snatches);
        ledger.tokens.clear();
        site.write_well(ledger);
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_snatched") == "1");
        site.sql.run("REVOKE INSERT ON xbt_files_users FROM tracker@'%'");
        ledger.peers[peer_key(10, 100)] = peer_row();
        written = site.write(ledger);
        CHECK(written.error.remedy == Remedy::ask_operator);
        CHECK_FALSE(written.lacks_some());
        CHECK(site.user(10) == "1000002 500000");
    });
}

TEST_CASE("#54 after a deadlock nothing is written, and the same again counts once") {
    if (lacks_mariadb()) {
        return;
    }
    for (const Kind& kind : {kinds[0], kinds[1]}) {
        CAPTURE(kind.name);
        Site site(kind);
        Ledger ledger;
        ledger.users[10] = {5, 0};
        ledger.users[16] = {7, 0};
        const std::string update = "UPDATE " + site.user_table() +
                                   " SET Uploaded = Uploaded + 100"
                                   " WHERE " +
                                   site.user_key() + " = ";
        Sql other(the_server(), "gazelle");
        other.run("CREATE TABLE weight (a INT); START TRANSACTION;" + update +
                  "16;"
                  "INSERT INTO weight SELECT seq FROM seq_1_to_500");
        Written written;
        std::jthread tracker([&] { written = site.write(ledger); });
        wait_until("the tracker waits for the lock", [&] { return site.row_lock_waits() == "1"; });
        other.run(update + "10; COMMIT");
        tracker.join();
        CHECK(written.error.remedy == Remedy::repeat);
        CHECK(written.error.number == 1213);
        CHECK_FALSE(written.is_in_doubt);
        CHECK(site.user(16) == "100 0");
        site.write_well(ledger);
        CHECK(site.user(10) == "1000105 500000");
        CHECK(site.user(16) == "107 0");
    }
}

TEST_CASE("#55 a lock that is not got in time is a reason to repeat") {
    if (lacks_mariadb()) {
        return;
    }
    Site site(kinds[0]);
    Ledger ledger;
    ledger.users[10] = {5, 0};
    ledger.users[16] = {7, 0};
    Sql other(the_server(), "gazelle");
    other.run("START TRANSACTION; UPDATE users_main SET Uploaded = 1 WHERE ID = 16");
    const Written written = site.write(ledger);
    CHECK(written.error.remedy == Remedy::repeat);
    CHECK(written.error.number == 1205);
    other.run("COMMIT");
    site.write_well(ledger);
    CHECK(site.user(10) == "1000005 500000");
    CHECK(site.user(16) == "8 0");
}

TEST_CASE("#53 a connection that is killed in the middle leaves nothing behind") {
    if (lacks_mariadb()) {
        return;
    }
    Site site(kinds[0]);
    Ledger ledger;
    ledger.users[10] = {5, 0};
    ledger.torrents[100] = {1, 1, 1, 1, some_time};
    Sql other(the_server(), "gazelle");
    other.run("START TRANSACTION; UPDATE torrents SET Seeders = 9 WHERE ID = 100");
    Written written;
    std::jthread tracker([&] { written = site.write(ledger); });
    wait_until("the tracker waits for the lock", [&] { return site.row_lock_waits() == "1"; });
    site.sql.run("KILL USER tracker");
    tracker.join();
    other.run("ROLLBACK");
    CHECK(written.error.remedy == Remedy::reconnect);
    CHECK_FALSE(written.is_in_doubt);
    CHECK(site.marked() == 0);
    site.write_well(ledger);
    CHECK(site.user(10) == "1000005 500000");
    CHECK(site.torrent(100) == "1 1 6 78");
}

TEST_CASE("a COMMIT without an answer is in doubt, and the marker decides") {
    if (lacks_mariadb()) {
        return;
    }
    Site site(kinds[0]);
    site.write_well({});
    Ledger ledger;
    ledger.users[10] = {5, 0};
    // Whoever holds this lock lets everything happen but the end.
    Sql other(the_server(), "gazelle");
    other.run(
        "FLUSH TABLES WITH READ LOCK; UNLOCK TABLES; BACKUP STAGE START;"
        "BACKUP STAGE FLUSH; BACKUP STAGE BLOCK_DDL; BACKUP STAGE BLOCK_COMMIT");
    Written written;
    std::jthread tracker([&] { written = site.write(ledger); });
    std::string id;
    wait_until("the tracker waits for its COMMIT", [&] {
        id = site.sql.value(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'COMMIT'"
            " AND STATE LIKE 'Waiting%'");
        return id != "no row";
    });
    site.archive.interrupt();
    tracker.join();
    CHECK(written.error.remedy == Remedy::reconnect);
    CHECK(written.is_in_doubt);

    std::uint64_t found = 0;
    std::jthread reader([&] { found = site.marked(); });
    wait_until("the marker is waited for", [&] { return site.row_lock_waits() == "1"; });
    other.run("BACKUP STAGE END");
    reader.join();
    CHECK(found == 2);
    CHECK(site.user(10) == "1000005 500000");
}

TEST_CASE("a site that forbids zero dates keeps a torrent's last action as it is") {
    if (lacks_mariadb()) {
        return;
    }
    Site site(kinds[0]);
    Sql(the_server())
        .run(
            "SET GLOBAL sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
            "NO_BACKSLASH_ESCAPES,ANSI_QUOTES,ONLY_FULL_GROUP_BY'");
    Ledger ledger;
    ledger.torrents[100] = {0, 1, 0, 0, some_time};
    ledger.peers[peer_key(10, 100)] = peer_row("a\\'\"");
    site.write_well(ledger);
    Sql(the_server()).run("SET GLOBAL sql_mode = DEFAULT");
    CHECK(site.last_action(100) == "never");
    CHECK(site.peer("useragent") == "a\\'\"");
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
