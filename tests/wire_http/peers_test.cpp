// Who is handed out, and in which form.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace chihaya::test {
namespace {

constexpr const char* with_peer_ids =
    R"("tracker": {"driver": "memory", "params": {"peer_ids": true}})";

Announce seeder() {
    return {.left = 0, .from = "203.0.113.10"};
}

Announce leecher() {
    return {.peer_id = transmission, .port = 51'413, .from = "198.51.100.20"};
}

Announce asker(const char* more = "") {
    return {.peer_id = "-LT2080-mJTYIs1h8xJu", .port = 7000, .more = more, .from = "192.0.2.77"};
}

/// One seeder and two leechers, the second of which is the asker: `reply` with `peers` as its list,
/// and the asker's own address.
std::string body_of_three(const std::string& list,
                          const std::string& external_ip = "\xc0\0\x02M"s) {
    return "d8:completei1e10:downloadedi0e11:external ip" + std::to_string(external_ip.size()) +
           ':' + external_ip + "10:incompletei2e8:intervali1800e12:min intervali900e5:peers" +
           list + "e";
}

/// Is it one of the two orders of a list of two?
bool is_either(const std::string& body, const std::string& first, const std::string& second,
               const std::string& open, const std::string& close) {
    return body == body_of_three(open + first + second + close) ||
           body == body_of_three(open + second + first + close);
}

TEST_SUITE_BEGIN("wire: peers");

TEST_CASE("#47 who wants no peers is given none and right counts") {
    const Tracker tracker;
    tracker.announce_many({.left = 0}, 3);
    const HttpReply reply = tracker.send(request({.port = 7000, .more = "&numwant=0"}));
    CHECK(counts(success(reply)) == Counts{3, 0, 1});
    CHECK(reply.body.ends_with("5:peers0:e"));
}

TEST_CASE("#48 a senseless numwant is as good as none") {
    const Tracker tracker;
    tracker.announce_many({}, 60);
    for (const char* wanted : {"-1", "-99999999999", "x", "%20"}) {
        CAPTURE(wanted);
        CHECK(peers(tracker.announce({.port = 6881, .more = "&numwant="s + wanted})).size() == 50);
    }
}

TEST_CASE("#49 an enormous numwant is cut to what is allowed") {
    const Tracker tracker;
    tracker.announce_many({}, 300);
    for (const char* wanted : {"201", "4294967295", "4294967296", "999999999999999999999"}) {
        CAPTURE(wanted);
        CHECK(peers(tracker.announce({.port = 6881, .more = "&numwant="s + wanted})).size() == 200);
    }
    // The longest reply there is: 200 dictionaries.
    CHECK(peers(tracker.announce({.port = 6881, .more = "&numwant=200&compact=0"})).size() == 200);
}

TEST_CASE("#50 as many peers as wanted are given and each once and never the asker") {
    const Tracker tracker;
    tracker.announce_many({}, 100);
    for (const auto& [more, size] :
         {std::pair{"", 50U}, {"&numwant=7", 7U}, {"&numwant=99", 99U}, {"&numwant=100", 99U}}) {
        const auto given = peers(tracker.announce({.more = more}));  // throws at a repetition
        CHECK(given.size() == size);
        CHECK_FALSE(given.contains(compact("127.0.0.1", 6881)));
    }
}

TEST_CASE("#51 a large swarm is sampled anew for each reply") {
    const Tracker tracker;
    tracker.announce_many({}, 1000);
    std::set<std::set<std::string>> replies;
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const auto given = peers(tracker.announce({}));
        CHECK(given.size() == 50);
        replies.insert(given);
        seen.insert(given.begin(), given.end());
    }
    CHECK(replies.size() == 20);
    CHECK(seen.size() > 400);  // of 1000 draws; 632 are expected
}

TEST_CASE("#52 a seeder is handed leechers only and a leecher both") {
    const Tracker tracker;
    tracker.announce_many({.port = 1001, .left = 0}, 5);
    tracker.announce_many({.port = 2001}, 3);
    const auto for_seeder = peers(tracker.announce({.port = 1001, .left = 0}));
    CHECK(for_seeder == std::set{compact("127.0.0.1", 2001), compact("127.0.0.1", 2002),
                                 compact("127.0.0.1", 2003)});
    CHECK(peers(tracker.announce({.port = 2001})).size() == 7);
}

TEST_CASE("#52 a seeder is handed partial seeds") {
    const Tracker tracker;
    tracker.announce({.port = 1001, .event = "paused"});
    CHECK(peers(tracker.announce({.port = 1002, .left = 0})) ==
          std::set{compact("127.0.0.1", 1001)});
}

TEST_CASE("#53 compact=0 gives dictionaries with peer ids") {
    const Tracker tracker(with_peer_ids);
    tracker.announce(seeder());
    tracker.announce(leecher());
    const std::string body = tracker.send(request(asker("&compact=0"))).body;
    CHECK(is_either(body, "d2:ip12:203.0.113.107:peer id20:-qB4650-AbCdEfGhIjKl4:porti6881ee",
                    "d2:ip13:198.51.100.207:peer id20:-TR4060-0123456789ah4:porti51413ee", "l",
                    "e"));
}

// Peer ids cost memory: in public mode they are kept only where the driver's `peer_ids` says so.
TEST_CASE("#53 without kept peer ids the dictionaries have none") {
    const Tracker tracker;
    tracker.announce(seeder());
    const auto reply = tracker.announce(asker("&compact=0"));
    REQUIRE(reply.at("peers").list().size() == 1);
    const auto& peer = reply.at("peers").list().front();
    CHECK(peer.at("ip").text() == "203.0.113.10");
    CHECK(peer.at("port").integer() == 6881);
    CHECK_FALSE(peer.has("peer id"));
}

TEST_CASE("#54 no_peer_id=1 leaves the peer ids out") {
    const Tracker tracker(with_peer_ids);
    tracker.announce(seeder());
    tracker.announce(leecher());
    CHECK(is_either(tracker.send(request(asker("&compact=0&no_peer_id=1"))).body,
                    "d2:ip12:203.0.113.104:porti6881ee", "d2:ip13:198.51.100.204:porti51413ee", "l",
                    "e"));
}

TEST_CASE("#54 an empty list of dictionaries is a list") {
    const Tracker tracker;
    const HttpReply reply = tracker.send(request({.more = "&compact=0"}));
    CHECK(reply.body.ends_with("5:peerslee"));
}

TEST_CASE("#55 whatever is not compact=0 is compact") {
    const Tracker tracker;
    tracker.announce({.port = 7000});
    for (const char* more : {"", "&compact=1", "&compact=2", "&compact=", "&compact=x"}) {
        CAPTURE(more);
        CHECK(tracker.announce({.more = more}).at("peers").text() == compact("127.0.0.1", 7000));
    }
}

TEST_CASE("#56 compact peers are six bytes each") {
    const Tracker tracker;
    tracker.announce(seeder());
    tracker.announce(leecher());
    CHECK(is_either(tracker.send(request(asker())).body, "\xcb\0q\n\x1a\xe1"s,
                    "\xc6\x33"
                    "d\x14\xc8\xd5"s,
                    "12:", ""));
}

TEST_CASE("#63 a peer that falls silent disappears") {
    const Tracker tracker(R"("announce": "1s", "min_announce": "1s", "peer_lifetime": "1s")");
    tracker.announce({});
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(70);
    while (tracker.scraped(hash_a) != Counts{} && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(peers(tracker.announce({.port = 7000})).empty());
}

// Chihaya v1's TestPublicAnnounce, but for the announcer itself, which is never handed back to
// itself, and for `peers`, which is always there.
TEST_CASE("seeders and leechers come together as they did in Chihaya v1") {
    const Tracker tracker;
    auto reply = tracker.announce({.port = 1001, .left = 0, .event = "started"});
    CHECK(counts(reply) == Counts{1, 0, 0});
    CHECK(peers(reply).empty());
    reply = tracker.announce({.port = 1002, .left = 0, .event = "started"});
    CHECK(counts(reply) == Counts{2, 0, 0});
    CHECK(peers(reply).empty());
    reply = tracker.announce({.port = 2001, .event = "started"});
    CHECK(counts(reply) == Counts{2, 0, 1});
    CHECK(peers(reply) == std::set{compact("127.0.0.1", 1001), compact("127.0.0.1", 1002)});
    reply = tracker.announce({.port = 1001, .left = 0, .event = "stopped"});
    CHECK(counts(reply) == Counts{1, 0, 1});
    CHECK(reply.at("peers").text().empty());
    reply = tracker.announce({.port = 2001});
    CHECK(counts(reply) == Counts{1, 0, 1});
    CHECK(peers(reply) == std::set{compact("127.0.0.1", 1002)});
}

TEST_CASE("an empty torrent is forgotten unless it is to be kept") {
    const auto status_after = [](const std::string& config) {
        const Tracker tracker(config);
        const std::string page = "/torrents/" + hex(hash_a);
        tracker.announce({});
        CHECK(http_get(tracker.management_port(), page).status == 200);
        tracker.announce({.event = "stopped"});
        return http_get(tracker.management_port(), page).status;
    };
    CHECK(status_after("") == 404);
    CHECK(status_after(R"("purge_inactive_torrents": false)") == 200);
}

TEST_CASE("peers of the preferred subnet come first") {
    const Tracker tracker(R"("preferred_subnet": true, "preferred_ipv4_subnet": 8,
                             "preferred_ipv6_subnet": 16, "dual_stacked_peers": false)");
    for (const char* from :
         {"44.0.0.1", "44.1.2.3", "44.9.9.9", "45.0.0.1", "45.0.0.2", "45.0.0.3", "45.0.0.4"}) {
        tracker.announce({.from = from});
    }
    for (const std::size_t wanted : {1U, 2U, 3U}) {
        for (int i = 0; i < 10; ++i) {
            const auto given = peers(tracker.announce(
                {.port = 7000, .more = "&numwant=" + std::to_string(wanted), .from = "44.5.5.5"}));
            CHECK(given.size() == wanted);
            CHECK(std::ranges::all_of(given, [](const auto& peer) { return peer[0] == 44; }));
        }
    }
    const auto all =
        peers(tracker.announce({.port = 7000, .more = "&numwant=5", .from = "44.5.5.5"}));
    CHECK(all.size() == 5);
    CHECK(std::ranges::count_if(all, [](const auto& peer) { return peer[0] == 44; }) == 3);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
