// Group B: which bytes are credited, and what the site's rows say of a peer.

#include "tests/gazelle_program/private_tracker.hpp"
#include "tests/gazelle_program/shifted_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: accounting");

namespace chihaya::test {
TEST_CASE("#8 the first announce is written and credits nothing") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.event = "started",
                          .headers = "User-Agent: Transmission/3.00\r\n",
                          .from = "203.0.113.1"});
        tracker.wait_flushed();
        const PeerRow peer = site.peer(10, 100).value();
        CHECK(peer.active);
        CHECK(peer.announced == 1);
        CHECK(peer.remaining == 1'000);
        CHECK(peer.uploaded == 0);
        CHECK(peer.downloaded == 0);
        CHECK(peer.timespent == 0);
        CHECK(peer.user_agent == "Transmission/3.00");
        CHECK(peer.ip == "203.0.113.1");
        CHECK(site.credit(10) == Credit{0, 0});
        CHECK(site.torrent(100).crowd == Crowd{0, 1});
        CHECK(site.torrent(100).last_action == 0);
    });
}

TEST_CASE("#9 what the counters grew by is credited, and speeds are of the time between") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tracker.announce({.event = "started"});
        tracker.wait_flushed();
        const PeerRow first = site.peer(10, 100).value();
        clock.pass(std::chrono::seconds(2));
        tracker.announce({.up = 300, .down = 700, .left = 300});
        tracker.wait_flushed();
        const PeerRow second = site.peer(10, 100).value();
        const std::int64_t passed = second.mtime - first.mtime;
        CHECK(passed >= 2);
        CHECK(second.uploaded == 300);
        CHECK(second.downloaded == 700);
        CHECK(second.remaining == 300);
        CHECK(second.announced == 2);
        CHECK(second.upspeed == 300 / passed);
        CHECK(second.downspeed == 700 / passed);
        CHECK(second.timespent == passed);
        CHECK(site.credit(10) == Credit{300, 700});
        CHECK(site.torrent(100).balance == 77 + 300 - 700);
    });
}

TEST_CASE("#10 the same counters again credit nothing and say that the peer is there") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tracker.announce({.event = "started"});
        tracker.announce({.up = 300, .down = 700, .left = 300});
        tracker.wait_flushed();
        const PeerRow before = site.peer(10, 100).value();
        clock.pass(std::chrono::seconds(2));
        tracker.announce({.up = 300, .down = 700, .left = 300});
        tracker.wait_flushed();
        const PeerRow after = site.peer(10, 100).value();
        CHECK(site.credit(10) == Credit{300, 700});
        CHECK(after.announced == 3);
        CHECK(after.upspeed == 0);
        CHECK(after.downspeed == 0);
        CHECK(after.mtime > before.mtime);
    });
}

TEST_CASE("#11 a counter that went back voids the other's growth, too") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.event = "started"});
        tracker.announce({.up = 300, .down = 700});
        tracker.announce({.up = 100, .down = 900});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{300, 700});
        tracker.announce({.up = 150, .down = 950});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{350, 750});
        CHECK(site.peer(10, 100)->announced == 4);
    });
}

TEST_CASE("#12 `started` of a peer that is there begins anew and credits nothing") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tracker.announce({.event = "started"});
        clock.pass(std::chrono::seconds(2));
        tracker.announce({});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100)->timespent > 0);
        tracker.announce({.up = 5'000, .event = "started"});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{0, 0});
        CHECK(site.peer(10, 100)->announced == 1);
        CHECK(site.peer(10, 100)->timespent == 0);
        tracker.announce({.up = 5'100});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{100, 0});
        CHECK(site.peer(10, 100)->announced == 2);
    });
}

TEST_CASE("#13 `stopped` credits what came last, and then the peer is gone") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .left = 0});
        tracker.announce({.up = 60, .event = "started"});
        const auto reply = tracker.announce({.up = 100, .event = "stopped"});
        CHECK(peers(reply).empty());
        CHECK(counts(reply) == Counts{1, 5, 0});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{40, 0});
        CHECK_FALSE(site.peer(10, 100)->active);
        CHECK(site.torrent(100).crowd == Crowd{1, 0});
    });
}

TEST_CASE("#14 `stopped` of a peer that nobody knew is written and credits nothing") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.up = 500, .down = 600, .event = "stopped"});
        tracker.wait_flushed();
        CHECK_FALSE(site.peer(10, 100).value().active);
        CHECK(site.credit(10) == Credit{0, 0});
        CHECK(site.torrent(100).crowd == Crowd{0, 0});
        CHECK(tracker.scraped(100) == Counts{0, 5, 0});
    });
}

TEST_CASE("#15 two clients of a user are two peers, credited both and never shown to each other") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.peer_id = peer_a, .port = 1001});
        CHECK(peers(tracker.announce({.peer_id = peer_b, .port = 1002})).empty());
        CHECK(peers(tracker.announce({.peer_id = peer_a, .up = 30, .port = 1001})).empty());
        tracker.announce({.peer_id = peer_b, .up = 12, .down = 4, .port = 1002});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100, peer_a)->uploaded == 30);
        CHECK(site.peer(10, 100, peer_b)->uploaded == 12);
        CHECK(site.credit(10) == Credit{42, 4});
        CHECK(site.torrent(100).crowd == Crowd{0, 2});
    });
}

TEST_CASE("#16 what a user moves on several torrents at once is added up") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        site.add_torrents(200, 2);
        tracker.update("action=add_torrent&info_hash=" + escaped(hash_of(200)) +
                       "&id=200&freetorrent=0");
        const std::uint32_t torrents[] = {100, 101, 102, 200};
        for (const std::uint32_t torrent : torrents) {
            tracker.announce({.torrent = torrent, .event = "started"});
        }
        for (const std::uint32_t torrent : torrents) {
            tracker.announce({.torrent = torrent, .up = torrent, .down = 2 * torrent});
        }
        tracker.wait_flushed();
        // 101 is free, 102 neutral.
        CHECK(site.credit(10) == Credit{100 + 101 + 200, 2 * (100 + 200)});
    });
}

TEST_CASE("#18 corrupt bytes are taken off the balance, not off the user's totals") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.event = "started", .more = "&corrupt=0"});
        tracker.announce({.more = "&corrupt=64"});
        tracker.wait_flushed();
        CHECK(site.torrent(100).balance == 77 - 64);
        CHECK(site.peer(10, 100)->corrupt == 64);
        CHECK(site.credit(10) == Credit{0, 0});
    });
}

TEST_CASE("#20 a seeder that lacks pieces again is one leecher, credited for what it moved") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.left = 0});
        tracker.wait_flushed();
        CHECK(site.torrent(100).crowd == Crowd{1, 0});
        const auto reply = tracker.announce({.up = 10, .left = 200});
        CHECK(counts(reply) == Counts{0, 5, 1});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{10, 0});
        CHECK(site.torrent(100).crowd == Crowd{0, 1});
        CHECK(site.peer(10, 100)->remaining == 200);
        CHECK(site.peer_rows() == 1);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
