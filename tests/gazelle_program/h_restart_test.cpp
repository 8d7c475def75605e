// Group H: what a tracker that ends leaves to the one that comes after it.

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

TEST_CASE("#64 peers of the time before are counted, handed to nobody, and gone after a while") {
    on_each_site([](Site& site) {
        ShiftedClock clock;
        const TrackerChoices choices{
            .members = R"("announce": "2m", "min_announce": "1m", "peer_lifetime": "3m")"};
        {
            PrivateTracker before(site, choices);
            begin(before);
            before.process().signal(SIGKILL);
            before.process().wait();
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
