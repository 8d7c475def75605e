// Group D: who is shown to whom, and under which address.

#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: peers and addresses");

namespace chihaya::test {
namespace {

/// Peers in the reply to a second client of this user's, on a port of its own.
std::set<std::string> shown(PrivateTracker& tracker, std::uint32_t user, std::uint64_t left) {
    return peers(tracker.announce({.user = user,
                                   .peer_id = peer_b,
                                   .left = left,
                                   .port = 2000 + user,
                                   .more = "&numwant=50"}));
}

}  // namespace

TEST_CASE("#29 who may not leech is counted and recorded, but refused and shown to nobody") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        CHECK(tracker.refused({.user = 11, .event = "started"}) ==
              "Access denied, leeching forbidden");
        CHECK(tracker.refused({.user = 11, .up = 5, .down = 7}) ==
              "Access denied, leeching forbidden");
        CHECK(shown(tracker, 15, 1'000).empty());
        CHECK(shown(tracker, 16, 0) == std::set{compact("127.0.0.1", 2015)});  // 15 and not 11
        tracker.wait_flushed();
        CHECK(site.peer(11, 100)->announced == 2);
        CHECK(site.credit(11) == Credit{5, 7});
        CHECK(site.torrent(100).crowd == Crowd{1, 2});

        CHECK(tracker.refused({.user = 11, .event = "stopped"}) ==
              "Access denied, leeching forbidden");
        tracker.wait_flushed();
        CHECK_FALSE(site.peer(11, 100)->active);

        tracker.announce({.user = 11, .torrent = 102, .left = 0, .port = 1111});
        CHECK(peers(tracker.announce({.user = 15, .torrent = 102})) ==
              std::set{compact("127.0.0.1", 1111)});
    });
}

TEST_CASE("#30 addresses of users who hide are written nowhere, but handed out") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        for (const std::uint32_t user : {12U, 14U}) {
            tracker.announce({.user = user, .port = user, .from = "203.0.113.9"});
            tracker.announce({.user = user,
                              .left = 0,
                              .event = "completed",
                              .port = user,
                              .from = "203.0.113.9"});
        }
        CHECK(shown(tracker, 10, 1'000) ==
              std::set{compact("203.0.113.9", 12), compact("203.0.113.9", 14)});
        tracker.wait_flushed();
        CHECK(site.peer(12, 100)->ip.empty());
        CHECK(site.peer(14, 100)->ip.empty());
        CHECK(site.peer(10, 100, peer_b)->ip == "127.0.0.1");
        REQUIRE(site.snatches().size() == 2);
        CHECK(site.snatches()[0].ip.empty());
        CHECK(site.snatches()[1].ip.empty());
    });
}

TEST_CASE("#31 texts of clients that fit no column hold up no other row") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site, {.params = R"("flush_interval": "1s")"});
        const std::string long_text(300, 'x');
        tracker.announce({.user = 10, .more = "&ip=" + long_text});
        tracker.announce({.user = 12, .more = "&ip=2001:db8::1"});
        tracker.announce({.user = 14, .from = "2001:db8::2"});
        tracker.announce({.user = 15, .headers = "User-Agent: " + long_text + "\r\n"});
        tracker.announce({.user = 16,
                          .headers = "User-Agent: A\xff\xfe"
                                     "A\r\n"});
        tracker.announce({.user = 10,
                          .torrent = 102,
                          .headers = "User-Agent: \xc3\xa4'\"\\; DROP TABLE torrents\r\n"});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100)->ip == "127.0.0.1");
        CHECK(site.peer(12, 100)->ip.empty());
        CHECK(site.peer(14, 100)->ip.empty());
        CHECK(site.peer(15, 100)->user_agent == long_text.substr(0, 51));
        CHECK(site.peer(16, 100)->user_agent.starts_with("A"));
        CHECK(site.peer(10, 102)->user_agent == "\xc3\xa4'\"\\; DROP TABLE torrents");
        CHECK(site.sql().value("SELECT COUNT(*) FROM xbt_files_users WHERE CHAR_LENGTH(ip) > 15"
                               " OR CHAR_LENGTH(useragent) > 51") == "0");
        CHECK(tracker.number("failed_flushes") == 0);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("#32 a proxy's word counts for its last client that is no proxy, nobody else's word") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker behind(
            site, {.members = R"("http": {"trusted_proxies": ["127.0.0.1/32", "10.9.0.0/16"]})"});
        behind.announce({.from = "1.2.3.4, 10.0.0.7, 10.9.1.1"});
        behind.wait_flushed();
        CHECK(site.peer(10, 100)->ip == "10.0.0.7");

        PrivateTracker before(site, {.members = R"("http": {"trusted_proxies": ["10.9.0.0/16"]})"});
        before.announce({.user = 15, .from = "1.2.3.4"});
        before.announce({.user = 16, .more = "&ip=8.8.8.8"});
        before.wait_flushed();
        CHECK(site.peer(15, 100)->ip == "127.0.0.1");
        CHECK(site.peer(16, 100)->ip == "127.0.0.1");
    });
}

TEST_CASE("#33 a client that has another address and name now is written and shown with them") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.headers = "User-Agent: before\r\n", .from = "203.0.113.1"});
        CHECK(shown(tracker, 15, 0) == std::set{compact("203.0.113.1", 6881)});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100)->ip == "203.0.113.1");
        tracker.announce({.port = 7000, .headers = "User-Agent: after\r\n", .from = "203.0.113.2"});
        CHECK(shown(tracker, 15, 0) == std::set{compact("203.0.113.2", 7000)});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100)->ip == "203.0.113.2");
        CHECK(site.peer(10, 100)->user_agent == "after");
        CHECK(site.torrent(100).crowd == Crowd{1, 1});
    });
}

TEST_CASE("#34 everybody in a swarm is handed out, as many as asked for, 50 at most") {
    on_each_site_and_redis([](Site& site) {
        constexpr std::uint32_t first = 1'000;
        constexpr std::uint32_t count = 60;
        site.add_users(first, count);
        PrivateTracker tracker(site);
        for (std::uint32_t user = first; user < first + count; ++user) {
            tracker.announce({.user = user, .left = 0, .port = user});
        }
        const auto asked = [&](const std::string& number) {
            return peers(tracker.announce({.more = "&numwant=" + number}));
        };
        CHECK(asked("-1").size() == 50);
        CHECK(asked("0").empty());
        CHECK(asked("1000").size() == 50);
        CHECK(asked("nonsense").size() == 50);

        // Chosen at random instead of in turn: all within any sensible number of replies, not in 6.
        std::set<std::string> seen;
        for (int reply = 0; reply < 300 && seen.size() < count; ++reply) {
            const auto some = asked("10");
            CHECK(some.size() == 10);
            seen.insert(some.begin(), some.end());
        }
        CHECK(seen.size() == count);

        tracker.announce({.user = 15, .port = 1515});
        CHECK(shown(tracker, 16, 0) ==
              std::set{compact("127.0.0.1", 6881), compact("127.0.0.1", 1515)});
    });
}

TEST_CASE(
    "#35 a client on IPv6 is handed peers of its family and credited, and its address is not "
    "kept") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .left = 0, .port = 1515, .from = "2001:db8::15"});
        tracker.announce({.user = 10, .port = 1010, .from = "2001:db8::10"});
        const auto reply =
            tracker.announce({.user = 10, .up = 8, .port = 1010, .from = "2001:db8::10"});
        CHECK(reply.at("peers6").text() == compact("2001:db8::15", 1515));
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{8, 0});
        CHECK(site.peer(10, 100)->ip.empty());

        // Where the column has room for it, it is kept.
        Sql(site.server(), site.schema())
            .run("ALTER TABLE xbt_files_users MODIFY ip VARCHAR(45) NOT NULL DEFAULT ''");
        PrivateTracker other(site);
        other.announce({.user = 16, .from = "2001:db8::16"});
        other.wait_flushed();
        CHECK(site.peer(16, 100)->ip == "2001:db8::16");
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
