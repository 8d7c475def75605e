// A short pass on a server with sql_mode='', as old sites have: what does not fit would be cut, and
// an insert of a vanished user or torrent would make one without a name.

#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site that is not strict");

namespace chihaya::test {
namespace {

template <class Scenario>
void on_each_lenient_site(Scenario scenario) {
    if (lacks_mariadb()) {
        return;
    }
    static const MariadbServer server({.arguments = {"--sql-mode="}});
    for (const Gazelle dialect : {Gazelle::whatcd, Gazelle::opsnet}) {
        INFO("the site is " << (dialect == Gazelle::whatcd ? "WhatCD's" : "Orpheus'"));
        Site site(dialect, server);
        REQUIRE(site.sql().value("SELECT @@sql_mode") == "");
        scenario(site);
    }
}

}  // namespace

TEST_CASE("rows are the same without strict mode: #8, #9, #13, #24, #37") {
    on_each_lenient_site([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .event = "started", .from = "203.0.113.15"});
        tracker.announce({.user = 15, .up = 50, .down = 600, .left = 400, .from = "203.0.113.15"});
        tracker.announce({.user = 15, .up = 60, .down = 1'000, .left = 0, .event = "completed"});
        tracker.announce({.user = 15, .up = 65, .down = 1'000, .left = 0, .event = "stopped"});
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{65, 0});
        CHECK(site.token(15, 100)->downloaded == 2'000);
        CHECK(site.torrent(100).balance == 77 + 65 - 1'000);
        CHECK(site.torrent(100).snatched == 6);
        CHECK(site.torrent(100).crowd == Crowd{0, 0});
        CHECK(site.snatches().size() == 1);
        CHECK_FALSE(site.peer(15, 100)->active);
        CHECK(site.peer(15, 100)->announced == 4);
    });
}

TEST_CASE("texts and numbers are cut by the tracker, not by the server: #19, #31") {
    on_each_lenient_site([](Site& site) {
        PrivateTracker tracker(site);
        const std::string long_text(300, 'x');
        tracker.announce({.user = 15, .headers = "User-Agent: " + long_text + "\r\n"});
        tracker.announce({.user = 12,
                          .headers = "User-Agent: A\xff\xfe"
                                     "B\r\n",
                          .from = "2001:db8::12"});
        tracker.announce({.user = 16, .more = "&uploaded=9223372036854775807&left=-1"});
        tracker.announce({.user = 10});
        tracker.announce({.user = 10, .more = "&uploaded=9223372036854775807"});
        tracker.wait_flushed();
        CHECK(site.peer(15, 100)->user_agent == long_text.substr(0, 51));
        CHECK(site.peer(12, 100)->user_agent == "A??B");
        CHECK(site.peer(12, 100)->ip.empty());
        CHECK(site.peer(16, 100)->uploaded == INT64_MAX);
        CHECK(site.credit(10) == Credit{INT64_MAX - 1'000'000, 0});
        CHECK(site.torrent(100).balance == INT64_MAX);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("a user and a torrent that the site has deleted do not come back: #42, #56") {
    on_each_lenient_site([](Site& site) {
        PrivateTracker tracker(site, {.params = R"("flush_interval": "500ms")"});
        tracker.announce({.user = 16, .torrent = 101, .event = "started"});
        tracker.announce({.user = 15, .event = "started"});
        tracker.wait_flushed();
        site.sql().run(
            "SET foreign_key_checks = 0; DELETE FROM users_main WHERE ID = 16;"
            " DELETE FROM torrents WHERE ID = 101");
        if (site.is_opsnet()) {
            site.sql().run(
                "DELETE FROM users_leech_stats WHERE UserID = 16;"
                " DELETE FROM torrents_leech_stats WHERE TorrentID = 101");
        }
        tracker.announce({.user = 16, .torrent = 101, .up = 5, .down = 6});
        tracker.announce({.user = 15, .up = 7});
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{7, 0});
        for (const std::string& query :
             {"SELECT COUNT(*) FROM " + site.users_table() + " WHERE " + site.users_key() + " = 16",
              std::string("SELECT COUNT(*) FROM users_main WHERE ID = 16"),
              std::string("SELECT COUNT(*) FROM torrents WHERE ID = 101"),
              "SELECT COUNT(*) FROM " + site.torrents_table() + " WHERE " + site.torrents_key() +
                  " = 101"}) {
            CAPTURE(query);
            CHECK(site.sql().value(query) == "0");
        }
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
