// What the parameters of an announce mean.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

/// An announce without the parameter `name`, and with `more` instead.
std::string target_without(std::string_view name, std::string_view more) {
    std::string written = target({});
    const auto start = written.find("&" + std::string(name) + "=");
    const auto end = written.find('&', start + 1);
    written.erase(start, end == std::string::npos ? end : end - start);
    return written + std::string(more);
}

TEST_SUITE_BEGIN("wire: announces");

TEST_CASE("#36 an announce without a port that can exist is refused") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(get(target_without("port", "")))) ==
          "malformed request: port is missing");
    for (const char* port : {"abc", "-1", "65536", "99999999999999999999", "4294974177", "0x1ae1",
                             "6881x", "%2B6881", ""}) {
        CAPTURE(port);
        CHECK(refusal(tracker.send(get(target_without("port", "&port="s + port)))) ==
              "malformed request: port must be 1 to 65535");
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
}

// Port 0 is refused: ports are 1 to 65535.
TEST_CASE("#37 port 0 is refused and a peer on port 1 is counted but handed to nobody") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(request({.port = 0}))) ==
          "malformed request: port must be 1 to 65535");
    tracker.announce({.port = 1});
    const auto reply = tracker.announce({.port = 6882});
    CHECK(counts(reply) == Counts{0, 0, 2});
    CHECK(peers(reply).empty());
    CHECK(peers(tracker.announce({.port = 1})) == std::set{compact("127.0.0.1", 6882)});
}

// Absent, it is refused: without it nobody knows a seeder from a leecher.
TEST_CASE("#38 an announce without left is refused and one with a senseless left is a leecher") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(get(target_without("left", "")))) ==
          "malformed request: left is missing");
    for (const char* left : {"-1", "abc", "", "0x0", "-0x", "1e3"}) {
        CAPTURE(left);
        const HttpReply reply = tracker.send(get(target_without("left", "&left="s + left)));
        CHECK(counts(success(reply)) == Counts{0, 0, 1});
    }
}

TEST_CASE("#39 an enormous left is a leecher") {
    const Tracker tracker;
    for (const std::string& left : {"9223372036854775807"s, "18446744073709551615"s,
                                    std::string(40, '9'), "18446744073709551616"s}) {
        CAPTURE(left);
        const HttpReply reply = tracker.send(get(target_without("left", "&left=" + left)));
        CHECK(counts(success(reply)) == Counts{0, 0, 1});
    }
}

TEST_CASE("#40 a first announce with nothing left is a seeder and no snatch") {
    const Tracker tracker;
    CHECK(counts(tracker.announce({.left = 0, .event = "started"})) == Counts{1, 0, 0});
}

TEST_CASE("#41 a leecher that completes twice is one snatch") {
    const Tracker tracker;
    CHECK(counts(tracker.announce({.event = "started"})) == Counts{0, 0, 1});
    for (int i = 0; i < 2; ++i) {
        CHECK(counts(tracker.announce({.left = 0, .event = "completed"})) == Counts{1, 1, 0});
    }
    CHECK(tracker.scraped(hash_a) == Counts{1, 1, 0});
}

TEST_CASE("#41 a peer that becomes a seeder without saying so is no snatch") {
    const Tracker tracker;
    tracker.announce({.event = "started"});
    CHECK(counts(tracker.announce({.left = 0})) == Counts{1, 0, 0});
    CHECK(counts(tracker.announce({.left = 5})) == Counts{0, 0, 1});
}

TEST_CASE("#42 completed with something left neither seeds nor counts") {
    const Tracker tracker;
    tracker.announce({});
    CHECK(counts(tracker.announce({.event = "completed"})) == Counts{0, 0, 1});
    CHECK(counts(tracker.announce({.port = 6882, .event = "completed"})) == Counts{0, 0, 2});
}

TEST_CASE("#43 stopping where one never was succeeds and creates nothing") {
    const Tracker tracker;
    const auto reply = tracker.announce({.event = "stopped"});
    CHECK(counts(reply) == Counts{});
    CHECK(reply.at("peers").text().empty());
    CHECK(tracker.scrape(hash_a).at("files").dictionary().empty());
    CHECK(http_get(tracker.management_port(), "/torrents/" + hex(hash_a)).status == 404);
}

TEST_CASE("#44 who stops is gone at once and handed nobody") {
    const Tracker tracker;
    tracker.announce({.port = 6882});
    tracker.announce({.left = 0});
    const auto reply = tracker.announce({.left = 0, .event = "stopped"});
    CHECK(counts(reply) == Counts{0, 0, 1});
    CHECK(reply.at("peers").text().empty());
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
    CHECK(peers(tracker.announce({.port = 6882})).empty());
}

TEST_CASE("#45 a paused peer is incomplete and no downloader") {
    const Tracker tracker;
    CHECK(counts(tracker.announce({.event = "paused"})) == Counts{0, 0, 1});
    const auto scraped = tracker.scrape(hash_a).at("files").at(std::string(hash_a));
    CHECK(scraped.at("downloaders").integer() == 0);
    CHECK(scraped.at("incomplete").integer() == 1);
    tracker.announce({});  // downloads again
    CHECK_FALSE(tracker.scrape(hash_a).at("files").at(std::string(hash_a)).has("downloaders"));
}

TEST_CASE("#46 an unknown event is a periodic announce") {
    const Tracker tracker;
    for (const char* event : {"bogus", "STARTED", "update", "none", "Stopped", "%00"}) {
        CAPTURE(event);
        CHECK(counts(tracker.announce({.event = event})) == Counts{0, 0, 1});
    }
}

TEST_CASE("#57 every successful reply has an interval and peers and is canonical") {
    const Tracker tracker;
    // `success` looks at each reply.
    for (const char* event : {"started", "", "paused", "completed", "stopped"}) {
        for (const char* more : {"", "&compact=0", "&numwant=0", "&compact=0&no_peer_id=1"}) {
            const auto reply = tracker.announce({.event = event, .more = more});
            CHECK(reply.at("interval").integer() == 1800);
            CHECK(reply.at("min interval").integer() == 900);
            CHECK_FALSE(reply.has("tracker id"));
        }
    }
}

TEST_CASE("the interval is spread around what is configured") {
    const ChihayaProcess process({.config = R"({"announce": "1000s", "min_announce": "500s"})"});
    std::set<std::int64_t> intervals;
    for (std::uint32_t i = 0; i < 100; ++i) {
        const auto reply = success(http_get(process.http_port(), target({})));
        intervals.insert(reply.at("interval").integer());
        CHECK(reply.at("min interval").integer() == 500);
    }
    CHECK(intervals.size() > 10);
    CHECK(*intervals.begin() >= 950);
    CHECK(*intervals.rbegin() <= 1050);
}

// Without an account a peer is its address and port: a second port is a second peer until the
// first one expires (#63).
TEST_CASE("#58 a peer on a new port is handed out under it") {
    const Tracker tracker;
    tracker.announce({.port = 6881});
    CHECK(counts(tracker.announce({.port = 6889})) == Counts{0, 0, 2});
    const auto known = peers(tracker.announce({.peer_id = transmission, .port = 7000}));
    CHECK(known.contains(compact("127.0.0.1", 6889)));
}

TEST_CASE("#59 nobody ends the stay of another with his peer id") {
    const Tracker tracker;
    tracker.announce({.left = 0, .more = "&key=00000001", .from = "203.0.113.10"});
    tracker.announce({.more = "&key=00000002", .from = "198.51.100.20"});
    tracker.announce({.event = "stopped", .more = "&key=00000001", .from = "198.51.100.20"});
    const auto reply =
        tracker.announce({.peer_id = transmission, .port = 7000, .from = "192.0.2.77"});
    CHECK(counts(reply) == Counts{1, 0, 1});
    CHECK(peers(reply) == std::set{compact("203.0.113.10", 6881)});
}

TEST_CASE("#60 a key of any form is accepted") {
    const Tracker tracker;
    for (const std::string& key :
         {"-2147483648"s, "%26%88%C7%F0%CB%9F%B0p"s, std::string(200, 'k'), ""s, "81C81D14"s}) {
        CAPTURE(key);
        CHECK(counts(tracker.announce({.more = "&key=" + key})) == Counts{0, 0, 1});
    }
}

TEST_CASE("#61 senseless numbers of no importance are ignored") {
    const Tracker tracker;
    const HttpReply reply = tracker.send(
        get("/announce?info_hash=" + escaped(hash_a) + "&peer_id=" + escaped(qbittorrent) +
            "&port=6881&left=1&uploaded=-5&downloaded=1e9&corrupt=-1&redundant=x"));
    CHECK(counts(success(reply)) == Counts{0, 0, 1});
    CHECK(tracker.send(get(target_without("uploaded", ""))).body == first_body());
    CHECK(tracker.send(get(target_without("downloaded", ""))).body == first_body());
}

TEST_CASE("#62 announcing again and again stays successful and changes no count") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    for (int i = 0; i < 100; ++i) {
        client.send(first_request());
        REQUIRE(client.read_reply().body == first_body());
    }
}

TEST_CASE("#66 a tracker id that comes back in any form is accepted") {
    const Tracker tracker;
    for (const char* more : {"", "&trackerid=a%20b%2b~", "&trackerid=a+b~", "&trackerid="}) {
        CHECK(tracker.send(get(target({.more = more}))).body == first_body());
    }
}

TEST_CASE("#67 the two hashes of a hybrid torrent are two swarms") {
    const Tracker tracker;
    const std::string v2(
        "\x7d\x45\x96\xd9\x27\x8e\x1e\xfc\x8f\xf7\x5e\xb6\x5a\x1a\x7a\x55\x93\xd6"
        "\x5d\xab"sv);
    tracker.announce({});
    CHECK(counts(tracker.announce({.info_hash = v2, .left = 0})) == Counts{1, 0, 0});
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
    CHECK(tracker.scraped(v2) == Counts{1, 0, 0});
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
