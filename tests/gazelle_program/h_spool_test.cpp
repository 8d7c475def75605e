// Group H: what is in the spool when a tracker ends, in whatever way, is brought in by the next
// one.

#include "tests/gazelle_program/trouble.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: spools");

namespace chihaya::test {
namespace {

/// SIGKILL: nothing is saved.
void kill(PrivateTracker& tracker) {
    tracker.process().signal(SIGKILL);
    CHECK(tracker.process().wait() == 128 + SIGKILL);
}

constexpr std::string_view away = "The tracker is temporarily unavailable.";

}  // namespace

TEST_CASE("#62 what a tracker cannot bring to the database, the next one does") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.members = R"("request_timeout": "1s")",
                                     .state = folder.path().string()};
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            peers.announce(tracker);
            tracker.wait_flushed();
            frail_mariadb().stop();
            peers.announce(tracker);
            tracker.announce({.user = 15, .event = "started"});
            tracker.announce({.user = 15, .up = 5, .down = 70, .left = 0, .event = "completed"});
            CHECK(tracker.process().stop() == 0);
            CHECK(tracker.log().find("spool") != std::string::npos);
        }
        frail_mariadb().start();
        site.reconnect();
        CHECK(peers.differences(site) != "");
        PrivateTracker tracker(site, choices);
        CHECK(peers.differences(site) == "");
        CHECK(site.credit(15) == Credit{5, 0});
        CHECK(site.token(15, 100)->downloaded == 1'070);
        CHECK(site.snatches().size() == 1);
        CHECK(tracker.log().find("of the time before the start are brought in") !=
              std::string::npos);
        peers.announce(tracker);
        tracker.wait_flushed();
        CHECK(peers.differences(site) == "");
    });
}

TEST_CASE("#62 a tracker ends in time although its database hangs") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.members = R"("request_timeout": "1s")",
                                     .state = folder.path().string()};
        {
            PrivateTracker tracker(site, choices);
            tracker.announce({.event = "started"});
            tracker.wait_flushed();
            frail_mariadb().pause();
            tracker.announce({.up = 3, .down = 5});
            CHECK(tracker.process().stop() == 0);
            frail_mariadb().resume();
        }
        const PrivateTracker tracker(site, choices);
        CHECK(site.credit(10) == Credit{3, 5});
    });
}

TEST_CASE("#62 a tracker that is there before its database is refuses until it has read it") {
    on_each_frail_site([](Site& site) {
        frail_mariadb().stop();
        PrivateTracker tracker(site, {.has_site = false});
        CHECK(tracker.refused({}) == away);
        CHECK(tracker.manage("GET", "/ready").status == 503);
        CHECK(tracker.number("recorded_deltas") == 0);
        frail_mariadb().start();
        tracker.wait_until_it_serves();
        tracker.announce({});
        tracker.wait_flushed();
    });
}

TEST_CASE("#63 a tracker that is killed loses nothing that is in its spool") {
    on_each_site_and_redis([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.params = R"("flush_interval": "1m")",
                                     .state = folder.path().string()};
        TruthfulPeers peers(site);
        for (int life = 0; life < 3; ++life) {
            PrivateTracker tracker(site, choices);
            CHECK((life == 0 || peers.differences(site) == ""));
            peers.announce(tracker);
            peers.announce(tracker);
            wait_until("all is in the spool",
                       [&] { return tracker.number("recorded_deltas") >= 2 * TruthfulPeers::all; });
            kill(tracker);
        }
        const PrivateTracker last(site, choices);
        CHECK(peers.differences(site) == "");
    });
}

TEST_CASE("#63 what a killed tracker takes along is credited when its peers come back") {
    on_each_site([](Site& site) {
        TruthfulPeers peers(site);
        for (int life = 0; life < 3; ++life) {  // each with a spool of its own, as if on a new disk
            PrivateTracker tracker(site, {.params = R"("flush_interval": "1s")"});
            peers.announce(tracker);
            tracker.wait_flushed();
            CHECK(peers.differences(site) == "");
            peers.announce(tracker);
            kill(tracker);
        }
        PrivateTracker last(site);
        peers.announce(last);
        last.wait_flushed();
        CHECK(peers.differences(site) == "");
    });
}

TEST_CASE("#63 trackers killed one after the other without a database leave it all to the last") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        TrackerChoices choices{.state = folder.path().string()};
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            peers.announce(tracker);
            tracker.wait_flushed();
            frail_mariadb().stop();
            constexpr std::size_t rounds = 50;
            for (std::size_t round = 1; round <= rounds; ++round) {
                peers.announce(tracker, TruthfulPeers::torrents);
            }
            wait_until("all is in the spool", [&] {
                return tracker.number("spooled_deltas") >= rounds * TruthfulPeers::all;
            });
            kill(tracker);
        }
        choices.has_site = false;
        for (int life = 0; life < 3; ++life) {
            PrivateTracker tracker(site, choices);
            CHECK(tracker.refused({}) == away);
            kill(tracker);
        }
        PrivateTracker tracker(site, choices);
        for (int i = 0; i < 3;
             ++i) {  // nor is it brought in twice when the database dies meanwhile
            frail_mariadb().start();
            frail_mariadb().kill();
        }
        frail_mariadb().start();
        site.reconnect();
        tracker.wait_until_it_serves();
        CHECK(peers.differences(site) == "");
        SteadyLoad load(peers, tracker);
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE("#63 a spool that has grown to its limit holds sums, and they survive a kill") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.params = R"("spool_limit": "1MiB")",
                                     .state = folder.path().string()};
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            peers.announce(tracker);
            tracker.wait_flushed();
            frail_mariadb().stop();
            wait_until("entries are added up", [&] {
                peers.announce(tracker, TruthfulPeers::torrents);
                return tracker.log().find("entries have been added up") != std::string::npos;
            });
            peers.announce(tracker);
            wait_until("all is in the spool",
                       [&] { return tracker.number("recorded_deltas") >= peers.announced(); });
            CHECK(tracker.number("is_spooling") == 1);
            kill(tracker);
        }
        frail_mariadb().start();
        site.reconnect();
        const PrivateTracker tracker(site, choices);
        CHECK(peers.differences(site) == "");
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
