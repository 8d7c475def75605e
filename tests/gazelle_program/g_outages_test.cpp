// Group G: what becomes of the books while the site's database fails, under announces.

#include "tests/gazelle_program/trouble.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: database trouble");

namespace chihaya::test {
namespace {

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

TEST_CASE("#51 an outage of the database delays the books, and nothing else") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .event = "started"});
        SteadyLoad load(peers, tracker);
        frail_mariadb().stop();
        load.wait_for_rounds();
        const std::int64_t completed = now();
        tracker.announce({.user = 15, .left = 0, .event = "completed"});
        const std::uint64_t waiting = tracker.number("spooled_deltas");
        CHECK(waiting >= TruthfulPeers::all);
        // Calls of the site are heard, and a site that cannot be read is read later.
        CHECK(tracker.update("action=add_user&id=901&passkey=" + passkey_of(901)).is_success);
        tracker.announce({.user = 901, .torrent = 102});
        tracker.process().signal(SIGHUP);
        std::this_thread::sleep_for(std::chrono::seconds(3));  // the outage
        load.wait_for_rounds();
        CHECK(tracker.number("spooled_deltas") > waiting);
        CHECK(tracker.manage("GET", "/ready").status == 503);
        const std::int64_t back = now();
        frail_mariadb().start();
        site.reconnect();
        site.add_users(900, 1);
        wait_until("the site is read", [&] {
            return bencode::parse(tracker.ask({.user = 900, .torrent = 102}).body)->has("peers");
        });
        tracker.announce({.user = 901, .torrent = 102});
        check_sums(site, tracker, load, peers);
        REQUIRE(site.snatches().size() == 1);
        CHECK(site.snatches().front().at >= completed - 1);
        CHECK(site.snatches().front().at < back);
        CHECK(site.torrent(100).snatched == 6);
        CHECK(tracker.manage("GET", "/ready").status == 200);
    });
}

TEST_CASE("#52 a server killed in mid-flush, five times: nothing is lost, nothing twice") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "100ms")"});
        SteadyLoad load(peers, tracker);
        for (int i = 0; i < 5; ++i) {
            wait_for_flush(tracker);
            std::this_thread::sleep_for(
                std::chrono::milliseconds(13 * i));  // somewhere in the next
            frail_mariadb().kill();
            load.wait_for_rounds();
            frail_mariadb().start();
        }
        site.reconnect();
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE("#52 a server that hangs in mid-flush, and then goes on") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "100ms", "timeout": "1s")"});
        SteadyLoad load(peers, tracker);
        for (int i = 0; i < 3; ++i) {
            wait_for_flush(tracker);
            frail_mariadb().pause();
            load.wait_for_rounds();
            wait_until("it is noticed",
                       [&] { return tracker.manage("GET", "/ready").status == 503; });
            frail_mariadb().resume();
        }
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE("#53 connections that are killed under load cost nothing") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "100ms")"});
        SteadyLoad load(peers, tracker);
        for (int i = 0; i < 10; ++i) {
            site.sql().run("KILL USER " + tracker_account.name);
            wait_for_flush(tracker);
        }
        check_sums(site, tracker, load, peers);
    });
}

TEST_CASE("#53 a connection that the server has closed for idleness is noticed beforehand") {
    on_each_frail_site([](Site& site) {
        site.sql().run("SET GLOBAL wait_timeout = 1");
        PrivateTracker tracker(site, {.params = R"("flush_interval": "3s")"});
        tracker.announce({.event = "started"});
        tracker.wait_flushed();
        wait_until("it is closed", [&] {
            return site.sql().value(
                       "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
                       " WHERE USER = '" +
                       tracker_account.name + "'") == "0";
        });
        tracker.announce({.up = 5, .down = 7});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{5, 7});
        CHECK(tracker.number("failed_flushes") == 0);
        site.sql().run("SET GLOBAL wait_timeout = DEFAULT");
    });
}

TEST_CASE("#60 a hundred thousand announces of an outage take the room of those who made them") {
    on_each_frail_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        constexpr std::size_t at_once = 50;
        constexpr std::size_t announces = 100'000;
        peers.announce(tracker, at_once);
        frail_mariadb().stop();
        for (int warm = 0; warm < 20; ++warm) {  // buffers are as large as they get
            peers.announce(tracker, at_once);
        }
        const std::size_t before = tracker.resident();
        for (std::size_t i = 0; i < announces; i += TruthfulPeers::all) {
            peers.announce(tracker, at_once);
        }
        const std::size_t after = tracker.resident();
        CHECK(after < before + std::size_t{CHIHAYA_GROWTH_MAX_MB} * 1024 * 1024);
        CHECK(tracker.number("waiting_peers") == TruthfulPeers::all);
        CHECK(tracker.number("waiting_users") == TruthfulPeers::users);
        CHECK(tracker.number("spooled_deltas") >= announces);
        MESSAGE("100000 announces without a database: "
                << before / 1024 << " kB before, " << after / 1024 << " kB after, spool "
                << tracker.number("spool_bytes") / 1024 << " kB");
        frail_mariadb().start();
        site.reconnect();
        tracker.wait_flushed();
        CHECK(peers.differences(site) == "");
        CHECK(tracker.number("lost_deltas") == 0);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
