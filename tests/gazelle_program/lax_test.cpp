// A short pass of the scenarios on servers that are not strict (sql_mode = ''): what does not fit
// is cut there without an error, and what is missing is zero.

#include "tests/gazelle_program/trouble.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: servers that are not strict");

namespace chihaya::test {
namespace {

MariadbServer& lax_mariadb() {
    static MariadbServer server({.arguments = {"--sql-mode="}});
    return server;
}

}  // namespace

TEST_CASE("#9 #22 #23 #37 without strictness a session leaves the same rows") {
    on_each_site(
        [](Site& site) {
            PrivateTracker tracker(site);
            for (const std::uint32_t torrent : {100U, 102U}) {
                tracker.announce({.user = 15, .torrent = torrent, .event = "started"});
                tracker.announce({.user = 15,
                                  .torrent = torrent,
                                  .up = 300,
                                  .down = 700,
                                  .left = 0,
                                  .event = "completed"});
            }
            tracker.wait_flushed();
            CHECK(site.credit(15) == Credit{300, 0});
            CHECK(site.token(15, 100)->downloaded == 1'700);
            CHECK(site.peer(15, 102)->downloaded == 700);
            CHECK(site.torrent(100).balance == 77 + 300 - 700);
            CHECK(site.torrent(100).crowd == Crowd{1, 0});
            CHECK(site.torrent(100).snatched == 6);
            CHECK(site.torrent(100).last_action > 0);
            CHECK(site.snatches().size() == 2);
        },
        lax_mariadb);
}

TEST_CASE("#31 #42 #56 without strictness nothing is cut in the middle, and no row comes to be") {
    on_each_site(
        [](Site& site) {
            site.add_torrents(300, 1);
            PrivateTracker tracker(site, {.params = R"("flush_interval": "1s")"});
            tracker.announce({.user = 15, .torrent = 300, .event = "started"});
            tracker.announce({.user = 15, .torrent = 300, .up = 9});
            site.sql().run((site.is_opsnet()
                                ? "DELETE FROM torrents_leech_stats WHERE TorrentID = 300;"
                                : std::string()) +
                           "DELETE FROM torrents WHERE ID = 300");
            tracker.announce({.user = 10,
                              .headers = "User-Agent: " + std::string(50, 'x') + "\xc3\xa4\r\n",
                              .from = "2001:db8::1"});
            tracker.wait_flushed();
            CHECK(site.credit(15) == Credit{9, 0});
            CHECK(count_of(site, site.torrents_table() + " WHERE " + site.torrents_key() +
                                     " = 300") == "0");
            CHECK(site.peer(10, 100)->user_agent == std::string(50, 'x') + "\xc3\xa4");
            CHECK(site.peer(10, 100)->ip.empty());
            CHECK(count_of(site, site.users_table() + " WHERE " + site.users_key() + " = 0") ==
                  "0");
        },
        lax_mariadb);
}

TEST_CASE("#52 #63 without strictness sums are exact after kills on both sides") {
    on_each_site(
        [](Site& site) {
            const TempDir folder;
            const TrackerChoices choices{.state = folder.path().string()};
            TruthfulPeers peers(site);
            {
                PrivateTracker tracker(site, choices);
                peers.announce(tracker);
                tracker.wait_flushed();
                lax_mariadb().restart();
                peers.announce(tracker);
                tracker.process().signal(SIGKILL);
                tracker.process().wait();
            }
            site.reconnect();
            PrivateTracker tracker(site, choices);
            SteadyLoad load(peers, tracker);
            check_sums(site, tracker, load, peers);
        },
        lax_mariadb);
}

}  // namespace chihaya::test

TEST_SUITE_END();
