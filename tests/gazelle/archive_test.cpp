#include "tests/gazelle/archive_site.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_SUITE_BEGIN("the books in a site's database");

namespace chihaya::gazelle::test {

TEST_CASE("everything of one write arrives: sums added, counts replaced, snatches new") {
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
        site.write_well({});
        CHECK(site.peer("uid, fid, active, remaining, mtime, uploaded", "fid = 0") ==
              "0 0 0 1 2147483647 1");
        std::optional<std::uint64_t> position = 5;
        CHECK(site.archive.read(SpoolId{9}, position).ok());
        CHECK_FALSE(position.has_value());
    });
}

TEST_CASE("address and client are refreshed, not emptied, and those of hidden users are erased") {
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
    ArchiveSite site(kinds[1]);
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
        ArchiveSite site(kind);
        Sql root(archive_server(), "gazelle");
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

TEST_CASE("a site that forbids zero dates keeps a torrent's last action as it is") {
    if (lacks_mariadb()) {
        return;
    }
    ArchiveSite site(kinds[0]);
    Sql(archive_server())
        .run(
            "SET GLOBAL sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
            "NO_BACKSLASH_ESCAPES,ANSI_QUOTES,ONLY_FULL_GROUP_BY'");
    Ledger ledger;
    ledger.torrents[100] = {0, 1, 0, 0, some_time};
    ledger.peers[peer_key(10, 100)] = peer_row("a\\'\"");
    site.write_well(ledger);
    Sql(archive_server()).run("SET GLOBAL sql_mode = DEFAULT");
    CHECK(site.last_action(100) == "never");
    CHECK(site.peer("useragent") == "a\\'\"");
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
