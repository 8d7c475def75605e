#include "tests/gazelle/archive_site.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

TEST_SUITE_BEGIN("the books and a site's database in trouble");

namespace chihaya::gazelle::test {

TEST_CASE("rows that the database will never take are left out, and all others are written") {
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
    for_each_kind([](ArchiveSite& site) {
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
        ArchiveSite site(kind);
        Ledger ledger;
        ledger.users[10] = {5, 0};
        ledger.users[16] = {7, 0};
        const std::string update = "UPDATE " + site.user_table() +
                                   " SET Uploaded = Uploaded + 100"
                                   " WHERE " +
                                   site.user_key() + " = ";
        Sql other(archive_server(), "gazelle");
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
    ArchiveSite site(kinds[0]);
    Ledger ledger;
    ledger.users[10] = {5, 0};
    ledger.users[16] = {7, 0};
    Sql other(archive_server(), "gazelle");
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
    ArchiveSite site(kinds[0]);
    Ledger ledger;
    ledger.users[10] = {5, 0};
    ledger.torrents[100] = {1, 1, 1, 1, some_time};
    Sql other(archive_server(), "gazelle");
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
    ArchiveSite site(kinds[0]);
    site.write_well({});
    Ledger ledger;
    ledger.users[10] = {5, 0};
    // Whoever holds this lock lets everything happen but the end.
    Sql other(archive_server(), "gazelle");
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

TEST_CASE("a tracker that only reads writes nothing, and needs no right to") {
    for_each_kind([](ArchiveSite& site) {
        Ledger ledger;
        ledger.users[10] = {1, 1};
        site.write_well(ledger);
        site.parameters.is_read_only = true;
        CHECK(site.write(ledger).error.remedy == Remedy::ask_operator);
        CHECK(site.user(10) == "1000001 500001");
        CHECK(site.marked() == 1);
    });
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
