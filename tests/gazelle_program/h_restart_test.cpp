// Group H: trackers that end, in whatever way, and those that come after them.

#include "tests/gazelle_program/shifted_clock.hpp"
#include "tests/gazelle_program/trouble.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <set>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: restarts");

namespace chihaya::test {
namespace {

/// SIGKILL: nothing is saved.
void kill(PrivateTracker& tracker) {
    tracker.process().signal(SIGKILL);
    CHECK(tracker.process().wait() == 128 + SIGKILL);
}

/// Users 10 leeching and 15 seeding torrent 100.
void begin(PrivateTracker& tracker) {
    tracker.announce({.user = 10, .event = "started", .port = 1'001});
    tracker.announce({.user = 15, .left = 0, .event = "started", .port = 1'002});
    tracker.wait_flushed();
}

}  // namespace

TEST_CASE("#61 a tracker that is told to end brings what it has to the database first") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site, {.params = R"("flush_interval": "1m")"});
        tracker.announce({.event = "started"});
        tracker.announce({.up = 3, .down = 5});
        CHECK(tracker.process().stop() == 0);
        CHECK(site.credit(10) == Credit{3, 5});
        CHECK(site.peer(10, 100)->announced == 2);
        CHECK(site.torrent(100).balance == 77 - 2);
    });
}

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
            peers.announce(tracker);
            CHECK(tracker.process().stop() == 0);
            CHECK(tracker.log().find("spool") != std::string::npos);
        }
        frail_mariadb().start();
        site.reconnect();
        CHECK(peers.differences(site) != "");
        PrivateTracker tracker(site, choices);
        CHECK(peers.differences(site) == "");
        CHECK(tracker.log().find("of the time before the start are brought in") !=
              std::string::npos);
        peers.announce(tracker);
        tracker.wait_flushed();
        CHECK(peers.differences(site) == "");
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

TEST_CASE("#64 peers of the time before are counted, handed to nobody, and gone after a while") {
    on_each_site([](Site& site) {
        ShiftedClock clock;
        const TrackerChoices choices{
            .members = R"("announce": "2m", "min_announce": "1m", "peer_lifetime": "3m")"};
        {
            PrivateTracker before(site, choices);
            begin(before);
            kill(before);
        }
        PrivateTracker tracker(site, choices);
        CHECK(site.torrent(100).crowd == Crowd{1, 1});
        CHECK(site.peer(10, 100)->active);
        const UserAnnounce other{.user = 16, .port = 1'003};
        auto reply = tracker.announce(other);
        CHECK(counts(reply) == Counts{1, 5, 2});
        CHECK(peers(reply).empty());
        tracker.wait_flushed();
        CHECK(site.torrent(100).crowd == Crowd{1, 2});

        tracker.announce({.user = 15, .left = 0, .port = 1'002});
        reply = tracker.announce(other);
        CHECK(peers(reply) == std::set<std::string>{compact("127.0.0.1", 1'002)});
        wait_until("the leecher that did not return is gone", [&] {
            clock.pass(std::chrono::minutes(1));
            tracker.announce({.user = 15, .left = 0, .port = 1'002});
            tracker.announce(other);
            tracker.wait_flushed();
            return !site.peer(10, 100)->active;
        });
        CHECK(site.torrent(100).crowd == Crowd{1, 1});
        CHECK(tracker.scraped(100) == Counts{1, 5, 1});
        CHECK(site.peer(15, 100)->active);
    });
}

TEST_CASE("#65 a restart keeps balance, tokens and snatches") {
    on_each_site_and_redis([](Site& site) {
        {
            PrivateTracker before(site);
            begin(before);
            before.announce({.user = 15, .up = 40, .down = 600, .left = 0, .port = 1'002});
            before.announce({.user = 10, .left = 0, .event = "completed", .port = 1'001});
            CHECK(before.process().stop() == 0);
        }
        CHECK(site.token(15, 100)->downloaded == 1'600);
        CHECK(site.torrent(100).balance == 77 + 40 - 600);
        PrivateTracker tracker(site);
        CHECK(tracker.scraped(100) == Counts{2, 6, 0});
        tracker.announce({.user = 15, .up = 50, .down = 900, .left = 0, .port = 1'002});
        tracker.announce({.user = 10, .up = 1, .down = 30, .left = 0, .port = 1'001});
        tracker.announce({.user = 16, .left = 0, .event = "completed"});
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{50, 0});
        CHECK(site.token(15, 100)->downloaded == 1'900);
        CHECK_FALSE(site.token(15, 100)->expired);
        CHECK(site.credit(10) == Credit{1, 30});
        CHECK(site.token(10, 100)->downloaded == 0);
        CHECK(site.token(10, 100)->expired);
        CHECK(site.torrent(100).balance == 77 + 50 - 900 + 1 - 30);
        CHECK(site.torrent(100).snatched == 7);
        CHECK(tracker.scraped(100) == Counts{3, 7, 0});
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
