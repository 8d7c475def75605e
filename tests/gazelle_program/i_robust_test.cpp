// Group I: strange requests, scrapes, and a wall clock that is set back.

#include "tests/gazelle_program/private_tracker.hpp"
#include "tests/gazelle_program/shifted_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: robustness");

namespace chihaya::test {
namespace {

std::string to_control(const std::string& query) {
    return '/' + site_password + "/update?" + query;
}

/// The first reply to these bytes, and the end of the connection, if it comes.
HttpReply reply_to(const PrivateTracker& tracker, std::string_view bytes) {
    TcpClient client(tracker.port());
    client.send(bytes);
    return client.read_reply();
}

/// How many connections of clients the tracker has not closed, by the kernel (proc(5), net/tcp).
std::size_t connections_of(const PrivateTracker& tracker) {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::getline(table, line);  // the columns' names
    std::size_t count = 0;
    while (std::getline(table, line)) {
        std::istringstream words(line);
        std::string number;
        std::string here;
        std::string there;
        std::string state;
        words >> number >> here >> there >> state;
        const bool is_held = state == "01" || state == "08";  // ESTABLISHED, CLOSE_WAIT
        const auto port = std::stoul(here.substr(here.find(':') + 1), nullptr, 16);
        count += is_held && port == tracker.port() ? 1U : 0U;
    }
    return count;
}

void send_strange_things(PrivateTracker& tracker) {
    // In pieces of a byte.
    TcpClient slow(tracker.port());
    for (const char byte : get(target(UserAnnounce{.event = "started"}))) {
        slow.send({&byte, 1});
    }
    HttpReply reply = slow.read_reply();
    tracker.count(reply);
    CHECK(counts(success(reply)) == Counts{0, 5, 1});

    // Behind each other: announces and a call of the site.
    TcpClient pipe(tracker.port());
    pipe.send(get(target(UserAnnounce{.up = 10})) + get(to_control("action=dance")) +
              get(target(UserAnnounce{.up = 20})));
    reply = pipe.read_reply();
    tracker.count(reply);
    CHECK(success(reply).has("peers"));
    CHECK(pipe.read_reply().body == "success");

    // Long, without an end, and in other words.
    const std::string call = to_control("action=remove_users&passkeys=");
    CHECK(reply_to(tracker, get(call + std::string(8'000, 'x'))).body == "success");
    CHECK(reply_to(tracker, get(call + std::string(66'000, 'x'))).status == 414);
    CHECK(reply_to(tracker, get(target(UserAnnounce{}) + std::string(66'000, 'x'))).status == 414);
    const TcpClient endless(tracker.port());
    endless.send("GET " + target(UserAnnounce{.up = 99}) + " HTTP/1.1\r\n");
    const std::string post = " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    CHECK(reply_to(tracker, "POST " + target(UserAnnounce{.up = 98}) + post).status == 405);
    CHECK(reply_to(tracker, "POST " + to_control("action=dance") + post).status == 405);
    TcpClient old(tracker.port());
    old.send("GET " + target(UserAnnounce{.up = 30}) + " HTTP/1.0\r\n\r\n");
    reply = old.read_reply();
    tracker.count(reply);
    CHECK(success(reply).has("peers"));
    CHECK(old.ends_within(std::chrono::seconds(10)));
}

}  // namespace

TEST_CASE("#67 requests of any shape get a sane answer and leave nothing behind") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site);
        {
            const TcpClient idle(tracker.port());
            wait_until("a connection is seen", [&] { return connections_of(tracker) == 1; });
        }
        send_strange_things(tracker);
        send_strange_things(tracker);
        wait_until("no connection is left", [&] { return connections_of(tracker) == 0; });
        tracker.wait_flushed();
        CHECK(site.peer_rows() == 1);
        CHECK(site.peer(10, 100)->uploaded == 30);
    });
}

TEST_CASE("#68 pages that nobody needs are harmless and echo no passkey") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site);
        for (const std::string& path :
             {std::string("/"), '/' + passkey_of(10), '/' + passkey_of(10) + "/announce",
              '/' + passkey_of(10) + "/announce?", '/' + passkey_of(10) + "/scrape",
              '/' + passkey_of(10) + "/dance?info_hash=x"}) {
            CAPTURE(path);
            const HttpReply reply = tracker.get(path);
            CHECK(reply.status < 500);
            CHECK(reply.body.find(passkey_of(10)) == std::string::npos);
            CHECK(reply.head.find(passkey_of(10)) == std::string::npos);
        }
        CHECK(tracker.log().find(passkey_of(10)) == std::string::npos);
        CHECK(tracker.number("recorded_deltas") == 0);
    });
}

TEST_CASE("#69 a scrape of fifty names those that there are, in order, uncompressed") {
    on_each_site_and_redis([](Site& site) {
        site.add_torrents(200, 47);
        PrivateTracker tracker(site);
        tracker.announce({.torrent = 220});
        std::string path = '/' + passkey_of(10) + "/scrape?compact=1";
        for (std::uint32_t torrent = 246; torrent >= 200; --torrent) {
            path += "&info_hash=" + escaped(hash_of(torrent));
        }
        for (const std::uint32_t torrent : {100U, 4'711U, 4'712U}) {
            path += "&info_hash=" + escaped(hash_of(torrent));
        }
        const HttpReply reply = tracker.get(path, "Accept-Encoding: gzip\r\n");
        CHECK_FALSE(reply.header("Content-Encoding").has_value());
        const auto all = success(reply);  // it is canonical: keys in order
        const bencode::Dictionary& files = all.at("files").dictionary();
        CHECK(files.size() == 48);
        CHECK(counts(files.at(hash_of(220))) == Counts{0, 0, 1});
        CHECK(counts(files.at(hash_of(100))) == Counts{0, 5, 0});
        CHECK(refusal(tracker.get('/' + passkey_of(13) + scrape_target(hash_of(100)))) ==
              "Passkey not found");
    });
}

TEST_CASE("#70 a wall clock that is set back an hour makes nothing negative and drops nobody") {
    on_each_site_and_redis([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tracker.announce({.user = 10, .event = "started"});
        tracker.announce({.user = 15, .left = 0, .event = "started"});
        tracker.announce({.user = 16, .event = "started"});
        tracker.wait_flushed();
        clock.set_wall_clock(-std::chrono::hours(1));
        tracker.announce({.user = 10, .up = 700, .down = 300});
        tracker.announce({.user = 15, .up = 400, .left = 0});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{700, 300});
        CHECK(site.credit(15) == Credit{400, 0});
        for (const std::uint32_t user : {10U, 15U, 16U}) {
            const PeerRow peer = site.peer(user, 100).value();
            CHECK(peer.active);
            CHECK(peer.upspeed >= 0);
            CHECK(peer.upspeed <= 700);
            CHECK(peer.downspeed >= 0);
            CHECK(peer.timespent >= 0);
            CHECK(peer.timespent < 60);
        }
        CHECK(site.torrent(100).crowd == Crowd{1, 2});
        CHECK(tracker.scraped(100) == Counts{1, 5, 2});
        CHECK(tracker.number("failed_flushes") == 0);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
