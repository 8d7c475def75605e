// Group G, the rest: locks, rights and rows that stand in the way of the books.

#include "tests/gazelle_program/shifted_clock.hpp"
#include "tests/gazelle_program/trouble.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: rows in the way");

namespace chihaya::test {

TEST_CASE("#54 after a deadlock both the site's change and the tracker's are there") {
    on_each_frail_site([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 10, .event = "started"});
        tracker.announce({.user = 16, .event = "started"});
        tracker.wait_flushed();
        Sql other(site.server(), site.schema());
        other.run("CREATE TABLE weight (a INT); START TRANSACTION; " + touch_user(site, 16, 100) +
                  "; INSERT INTO weight SELECT seq FROM seq_1_to_500");
        tracker.announce({.user = 16, .up = 7});
        wait_for_row_lock_wait(site);
        tracker.announce({.user = 10, .up = 5});
        // The next try is with both: it has 10 and waits for 16.
        Sql probe(site.server(), site.schema());
        wait_until("the tracker holds the lower one", [&] {
            try {
                static_cast<void>(probe.value("SELECT 1 FROM " + site.users_table() + " WHERE " +
                                              site.users_key() + " = 10 FOR UPDATE NOWAIT"));
            } catch (const SqlError&) {
                return true;
            }
            return false;
        });
        other.run(touch_user(site, 10, 100) + "; COMMIT");
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{105, 0});
        CHECK(site.credit(16) == Credit{107, 0});
        CHECK(site.sql()
                  .rows("SHOW ENGINE INNODB STATUS")
                  .at(0)
                  .at(2)
                  .find("LATEST DETECTED DEADLOCK") != std::string::npos);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("#54 a site that writes to the same rows all the time meets no deadlock") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "100ms")"});
        const auto deadlocks = [&] {
            return site.sql().value(
                "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                " WHERE VARIABLE_NAME = 'INNODB_DEADLOCKS'");
        };
        const std::string before = deadlocks();
        const std::string add = "UPDATE " + site.users_table() + " SET Uploaded = Uploaded + 1";
        SteadyLoad load(peers, tracker);
        Sql php(site.server(), site.schema());
        int times = 0;
        constexpr std::uint64_t flushes = 30;
        for (; tracker.number("flushes") < flushes; ++times) {
            php.run(add + ';' + "UPDATE " + site.torrents_table() +
                    " SET Snatched = Snatched + 0 WHERE " + site.torrents_key() +
                    " IN (203, 201, 200);"
                    "DELETE FROM xbt_files_users WHERE uid <> 0 AND"
                    " mtime < UNIX_TIMESTAMP() - 3600");
        }
        load.wait_for_rounds();
        load.finish();
        php.run("UPDATE " + site.users_table() + " SET Uploaded = Uploaded - " +
                std::to_string(times));
        CHECK(peers.differences(site) == "");
        CHECK(deadlocks() == before);
    });
}

TEST_CASE("#55 a row that somebody else holds for seconds is waited for, beside the announces") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        SteadyLoad load(peers, tracker);
        Sql other(site.server(), site.schema());
        other.run("START TRANSACTION; " + touch_user(site, TruthfulPeers::first_user + 7));
        wait_for_failed_flush(tracker);
        load.wait_for_rounds();
        other.run("COMMIT");
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE(
    "#56 users and torrents that the site deletes under way leave no trace, and stop nobody") {
    on_each_frail_site([](Site& site) {
        site.add_users(900, 1);
        site.add_torrents(300, 1);
        PrivateTracker tracker(site);
        for (const std::uint32_t user : {15U, 16U, 900U}) {
            tracker.announce({.user = user, .torrent = 300, .event = "started"});
        }
        tracker.wait_flushed();
        Sql other(site.server(), site.schema());
        other.run("START TRANSACTION; " + touch_user(site, 15));
        tracker.announce({.user = 15, .torrent = 300, .up = 1});
        wait_for_row_lock_wait(site);
        tracker.announce({.user = 16, .torrent = 300, .up = 2, .left = 0, .event = "completed"});
        tracker.announce({.user = 900, .torrent = 300, .up = 3});
        other.run((site.is_opsnet() ? "DELETE FROM torrents_leech_stats WHERE TorrentID = 300;"
                                      "DELETE FROM users_leech_stats WHERE UserID = 900;"
                                    : std::string()) +
                  "DELETE FROM torrents WHERE ID = 300; DELETE FROM users_main WHERE ID = 900;"
                  "COMMIT");
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{1, 0});
        CHECK(site.credit(16) == Credit{2, 0});
        CHECK(site.snatches().size() == 1);
        CHECK(tracker.number("rejected_rows") == 0);
        CHECK(count_of(site, "torrents WHERE ID = 300") == "0");
        CHECK(count_of(site, "users_main WHERE ID = 900") == "0");
        CHECK(count_of(site, site.torrents_table() + " WHERE " + site.torrents_key() + " = 300") ==
              "0");
        CHECK(count_of(site, site.users_table() + " WHERE " + site.users_key() + " = 900") == "0");
    });
}

TEST_CASE("#57 a table without rights waits for its rows alone, until the rights are back") {
    on_each_frail_site([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        const std::string insert = "INSERT ON " + site.schema() + ".xbt_snatched ";
        site.sql().run("REVOKE " + insert + "FROM tracker@'%'");
        tracker.announce({.event = "started"});
        tracker.announce({.up = 3, .left = 0, .event = "completed"});
        wait_until("the rest is written", [&] { return site.credit(10) == Credit{3, 0}; });
        CHECK(site.peer(10, 100)->uploaded == 3);
        CHECK(site.torrent(100).crowd == Crowd{1, 0});
        CHECK(site.snatches().empty());
        CHECK(tracker.log().find("xbt_snatched: error 1142") != std::string::npos);
        const std::int64_t completed = site.peer(10, 100)->mtime;
        tracker.announce({.up = 8, .left = 0});
        wait_until("the rest goes on", [&] { return site.credit(10) == Credit{8, 0}; });
        site.sql().run("GRANT " + insert + "TO tracker@'%'");
        wait_until("the snatch is written", [&] {
            clock.pass(std::chrono::seconds(30));
            return site.snatches().size() == 1;
        });
        CHECK(site.snatches().front().at == completed);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("#58 a server that is read-only for a while gets everything afterwards") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        SteadyLoad load(peers, tracker);
        site.sql().run("SET GLOBAL read_only = 1");
        wait_until("it is noticed", [&] { return tracker.manage("GET", "/ready").status == 503; });
        load.wait_for_rounds();
        CHECK(tracker.manage("GET", "/ready").status == 503);
        site.sql().run("SET GLOBAL read_only = 0");
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE("#59 a column that becomes narrower takes shorter text, and stops nothing") {
    on_each_frail_site([](Site& site) {
        PrivateTracker tracker(site);
        const std::string agent = "User-Agent: Transmission/3.00\r\n";
        tracker.announce({.event = "started", .headers = agent});
        tracker.wait_flushed();
        site.sql().run(
            "UPDATE xbt_files_users SET useragent = '';"
            "ALTER TABLE xbt_files_users MODIFY useragent VARCHAR(10) NOT NULL DEFAULT ''");
        tracker.announce({.up = 5, .headers = agent});
        tracker.announce({.user = 15, .up = 5});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{5, 0});
        CHECK(site.peer(10, 100)->user_agent == "Transmissi");
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
