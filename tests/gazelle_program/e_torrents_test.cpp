// Group E: rows of torrents, snatches, and peers that fall silent.

#include "tests/gazelle_program/private_tracker.hpp"
#include "tests/gazelle_program/shifted_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: torrents");

namespace chihaya::test {
namespace {

std::int64_t database_time(Site& site) {
    return std::stoll(site.sql().value("SELECT UNIX_TIMESTAMP()"));
}

/// "1 leeching", "0 seeding": a user's report, as his site words it.
bool reports(const Site& site, const PrivateTracker& tracker, std::uint32_t user,
             const std::string& number, const std::string& what) {
    const std::string text = tracker.report("get=user&key=" + passkey_of(user)).payload;
    const std::string wanted = site.is_opsnet() ? '"' + what + "\":" + number : number + ' ' + what;
    return text.find(wanted) != std::string::npos;
}

}  // namespace

TEST_CASE("#36 last_action is the database's time while a torrent is seeded") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .left = 0});
        tracker.wait_flushed();
        const TorrentRow seeded = site.torrent(100);
        CHECK(seeded.crowd == Crowd{1, 0});
        CHECK(seeded.last_action > 0);
        CHECK(database_time(site) - seeded.last_action <= 2);
        wait_until("the database's time has moved",
                   [&] { return database_time(site) > seeded.last_action; });
        tracker.announce({.user = 15, .left = 0, .event = "stopped"});
        tracker.wait_flushed();
        CHECK(site.torrent(100).crowd == Crowd{0, 0});
        CHECK(site.torrent(100).last_action == seeded.last_action);
    });
}

TEST_CASE("#37 a leecher that completes is one snatch, however often it says so") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.event = "started", .from = "203.0.113.1"});
        tracker.announce({.left = 500, .event = "completed", .from = "203.0.113.1"});
        tracker.wait_flushed();
        CHECK(site.snatches().empty());
        const auto reply =
            tracker.announce({.left = 0, .event = "completed", .from = "203.0.113.1"});
        CHECK(counts(reply) == Counts{1, 6, 0});
        tracker.announce({.left = 0, .event = "completed", .from = "203.0.113.1"});
        tracker.wait_flushed();
        REQUIRE(site.snatches().size() == 1);
        const SnatchRow snatch = site.snatches().front();
        CHECK(snatch.user == 10);
        CHECK(snatch.torrent == 100);
        CHECK(snatch.ip == "203.0.113.1");
        CHECK(database_time(site) - snatch.at <= 5);
        CHECK(site.torrent(100).snatched == 6);
        CHECK(site.torrent(100).crowd == Crowd{1, 0});
        CHECK(tracker.scraped(100) == Counts{1, 6, 0});
    });
}

TEST_CASE("#38 completed by a peer that nobody knew is a snatch") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.left = 0, .event = "completed"});
        tracker.wait_flushed();
        CHECK(site.snatches().size() == 1);
        CHECK(site.torrent(100).snatched == 6);
        CHECK(site.credit(10) == Credit{0, 0});
    });
}

TEST_CASE("#39 who falls silent is counted no longer, and his row says so") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(
            site, {.members = R"("announce": "2s", "min_announce": "1s", "peer_lifetime": "3s")"});
        tracker.announce({.user = 10, .left = 1'000});
        tracker.announce({.user = 15, .left = 0});
        tracker.wait_flushed();
        CHECK(site.torrent(100).crowd == Crowd{1, 1});
        CHECK(reports(site, tracker, 10, "1", "leeching"));
        const PeerRow before = site.peer(10, 100).value();
        wait_until("the silent one is gone while another stays", [&] {
            clock.pass(std::chrono::seconds(1));
            tracker.announce({.user = 15, .left = 0});
            tracker.wait_flushed();
            return !site.peer(10, 100)->active;
        });
        CHECK(site.torrent(100).crowd == Crowd{1, 0});
        CHECK(site.peer(10, 100)->mtime == before.mtime);
        CHECK(site.peer(10, 100)->upspeed == 0);
        CHECK(site.peer(15, 100)->active);
        CHECK(reports(site, tracker, 10, "0", "leeching"));
        CHECK(reports(site, tracker, 15, "1", "seeding"));
        wait_until("nobody is left", [&] {
            clock.pass(std::chrono::seconds(1));
            return site.torrent(100).crowd == Crowd{0, 0};
        });
        CHECK(tracker.scraped(100) == Counts{0, 5, 0});
        CHECK(site.credit(10) == Credit{0, 0});
    });
}

TEST_CASE("#40 a torrent that only announces has its row refreshed every hour") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .left = 0});
        tracker.wait_flushed();
        site.sql().run("UPDATE " + site.torrents_table() +
                       " SET last_action = '2020-01-01 00:00:00', Seeders = 77 WHERE " +
                       site.torrents_key() + " = 100");
        const std::int64_t long_ago = site.torrent(100).last_action;
        clock.pass(std::chrono::minutes(30));
        tracker.announce({.user = 15, .left = 0});
        tracker.wait_flushed();
        CHECK(site.torrent(100).last_action == long_ago);
        CHECK(site.torrent(100).crowd.seeders == 77);
        clock.pass(std::chrono::minutes(31));
        tracker.announce({.user = 15, .left = 0});
        tracker.wait_flushed();
        CHECK(database_time(site) - site.torrent(100).last_action <= 5);
        CHECK(site.torrent(100).crowd.seeders == 1);
        CHECK(site.torrent(100).balance == 77);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
