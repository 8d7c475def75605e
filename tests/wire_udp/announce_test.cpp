// Announces over UDP: what their fields mean, and the replies to the byte.

#include "tests/support/free_port.hpp"
#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace chihaya::test {
namespace {

constexpr const char* on_both_families = R"("addr": ["127.0.0.1:$UDP_PORT", "[::1]:$UDP_PORT"])";

/// Leechers and seeders of the reply to this announce.
Counts counted(const UdpTracker& tracker, const UdpAnnounce& announce) {
    const UdpAnswer answer = tracker.announce_udp(announce);
    return {answer.seeders, 0, answer.leechers};
}

/// Announces of so many clients on the ports from 2000 on, over one socket.
void announce_many(const UdpTracker& tracker, const std::string& host, std::uint16_t count) {
    const UdpClient client(tracker.udp_port(), host);
    const std::string id = client.connect();
    for (std::uint16_t i = 0; i < count; ++i) {
        const auto port = static_cast<std::uint16_t>(2000 + i);
        REQUIRE(number_at(client.ask(announce_packet(id, {.num_want = 0, .port = port})), 0) ==
                announce_action);
    }
}

/// The whole reply, in bytes, to a client on port 9999 that wants so many.
std::string reply_for(const UdpTracker& tracker, const std::string& host, std::uint32_t wanted) {
    const UdpClient client(tracker.udp_port(), host);
    return client.ask(announce_packet(client.connect(), {.num_want = wanted, .port = 9999}));
}

TEST_SUITE_BEGIN("wire: UDP announces");

TEST_CASE("#117 the first announce is answered to the byte") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    CHECK(client.ask(sample_announce(client.connect())) == sample_answer());
}

TEST_CASE("#118 two peers are handed out to the byte and leechers come before seeders") {
    const UdpTracker tracker;
    tracker.announce({.left = 0, .from = "203.0.113.10"});
    tracker.announce({.port = 51413, .from = "198.51.100.20"});
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(sample_announce(client.connect()));
    const std::string head =
        from_hex("00 00 00 01 0a 0b 0c 0d 00 00 07 08 00 00 00 02 00 00 00 01");
    const std::string one = from_hex("cb 00 71 0a 1a e1");
    const std::string two = from_hex("c6 33 64 14 c8 d5");
    CHECK((reply == head + one + two || reply == head + two + one));
}

TEST_CASE("#119 over IPv6 entries have eighteen bytes") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", on_both_families);
    tracker.announce({.left = 0, .from = "2001:db8::a"});
    tracker.announce({.port = 51413, .from = "2001:db8:1::14"});
    tracker.announce({.left = 0, .from = "203.0.113.10"});  // of the other family: counted only
    const UdpClient client(tracker.udp_port(), "::1");
    const std::string reply = client.ask(sample_announce(client.connect()));
    const std::string head =
        from_hex("00 00 00 01 0a 0b 0c 0d 00 00 07 08 00 00 00 02 00 00 00 02");
    const std::string one = from_hex("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a 1a e1");
    const std::string two = from_hex("20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 14 c8 d5");
    CHECK((reply == head + one + two || reply == head + two + one));
}

TEST_CASE("#120 an IPv4 client of a listener for both families gets entries of six bytes") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", R"("addr": ":$UDP_PORT")");
    tracker.announce_udp({.port = 7000});
    const UdpClient ipv6(tracker.udp_port(), "::1");
    ipv6.ask(announce_packet(ipv6.connect(), {.port = 7001}));
    CHECK(tracker.announce_udp({}).entries == compact("127.0.0.1", 7000));
    CHECK(announce_answer(ipv6.ask(announce_packet(ipv6.connect(), {.port = 7002}))).entries ==
          compact("::1", 7001));
}

TEST_CASE("#121 an announce that is cut off is refused and changes nothing") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    const std::string whole = announce_packet(id, {});
    for (std::size_t size = 16; size < 98; ++size) {
        CAPTURE(size);
        CHECK(error_text(client.ask(whole.substr(0, size))) ==
              "malformed request: an announce must be 98 bytes or more");
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#122 an announce with two zero bytes behind it is accepted") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(
        with_id(client.connect(),
                from_hex("11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 11 a2 a1 55 37 54 2b 22 92"
                         "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 41 32 2d 31 2d 33 36 2d 30 2d 08 9d"
                         "26 88 c7 f0 cb 9f b0 70 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00"
                         "00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 00 67 06 11 6d 00 00 00 32"
                         "1b 56 00 00")));
    CHECK(reply == from_hex("00 00 00 01 0a 0b 0c 11 00 00 07 08 00 00 00 01 00 00 00 00"));
}

TEST_CASE("#125 options that lie about their length cost nothing but themselves") {
    const UdpTracker tracker;
    for (const std::string& options :
         {from_hex("02 20 2f 61 6e 6e 6f 75 6e 63 65"), "\x02"s, "\x02\xff"s, "\x07"s, "\xff\xff"s,
          std::string(1000, '\1'), std::string(1950, '\x02'), url_options(std::string(1900, '/')),
          "\0"s, std::string(1950, '\0')}) {
        CAPTURE(hex(options));
        CHECK(counted(tracker, {.options = options}) == Counts{0, 0, 1});
    }
    tracker.announce_udp({.event = stopped_event});
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#127 a negative number of peers is the default and zero is none") {
    const UdpTracker tracker;
    announce_many(tracker, "127.0.0.1", 60);
    for (const std::uint32_t wanted : {0xffffffffU, 0x80000000U, 0xfffffffeU}) {
        CAPTURE(wanted);
        CHECK(reply_for(tracker, "127.0.0.1", wanted).size() == 20 + 50 * ipv4_entry);
    }
    CHECK(reply_for(tracker, "127.0.0.1", 0).size() == 20);
    CHECK(reply_for(tracker, "127.0.0.1", 7).size() == 20 + 7 * ipv4_entry);
}

TEST_CASE("#128 however many are wanted a reply fits every path") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", on_both_families);
    announce_many(tracker, "127.0.0.1", 5000);
    announce_many(tracker, "::1", 300);
    for (const std::uint32_t wanted : {0x7fffffffU, 201U, 1'000'000U}) {
        CAPTURE(wanted);
        const std::string ipv4 = reply_for(tracker, "127.0.0.1", wanted);
        CHECK(ipv4.size() == 20 + 200 * ipv4_entry);
        CHECK(ipv4.size() <= 1232);
        CHECK(entries(announce_answer(ipv4), ipv4_entry).size() == 200);
        const std::string ipv6 = reply_for(tracker, "::1", wanted);
        CHECK(ipv6.size() == 20 + 67 * ipv6_entry);
        CHECK(ipv6.size() <= 1232);
        CHECK(entries(announce_answer(ipv6), ipv6_entry).size() == 67);
    }
    CHECK(reply_for(tracker, "::1", 66).size() == 20 + 66 * ipv6_entry);
    CHECK(reply_for(tracker, "127.0.0.1", 199).size() == 20 + 199 * ipv4_entry);
}

TEST_CASE("#128 the operator's own limits hold for UDP too") {
    const UdpTracker tracker(R"("default_num_want": 3, "limits": {"max_num_want": 5})");
    announce_many(tracker, "127.0.0.1", 20);
    CHECK(reply_for(tracker, "127.0.0.1", default_wanted).size() == 20 + 3 * ipv4_entry);
    CHECK(reply_for(tracker, "127.0.0.1", 200).size() == 20 + 5 * ipv4_entry);
}

TEST_CASE("#129 event 4 is a partial seed") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(
        with_id(client.connect(),
                from_hex("11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 10 a2 a1 55 37 54 2b 22 92"
                         "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 2d 4c 54 32 30 38 30 2d 6d 4a 54 59"
                         "49 73 31 68 38 78 4a 75 00 00 00 00 00 01 00 00 00 00 00 00 00 01 00 00"
                         "00 00 00 00 00 00 00 00 00 00 00 04 00 00 00 00 81 c8 1d 14 00 00 00 c8"
                         "1b 57")));
    CHECK(reply == from_hex("00 00 00 01 0a 0b 0c 10 00 00 07 08 00 00 00 01 00 00 00 00"));
    const auto scraped = tracker.scrape(hash_a).at("files").at(std::string(hash_a));
    CHECK(scraped.at("downloaders").integer() == 0);
    CHECK(scraped.at("incomplete").integer() == 1);
}

TEST_CASE("#130 an event that is none is a periodic announce") {
    const UdpTracker tracker;
    for (const std::uint32_t event : {5U, 0xffffffffU, 0x80000000U, 0x01000000U, 0x100U, 0U}) {
        CAPTURE(event);
        CHECK(counted(tracker, {.event = event}) == Counts{0, 0, 1});
    }
}

TEST_CASE("#131 an unknown amount left is a leecher") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(
        with_id(client.connect(),
                from_hex("11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 0f a2 a1 55 37 54 2b 22 92"
                         "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 2d 57 57 30 32 30 38 2d 61 62 63 64"
                         "65 66 67 68 69 6a 6b 6c 00 00 00 00 00 00 00 00 ff ff ff ff ff ff ff ff"
                         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff ff ff"
                         "1b 51")));
    CHECK(reply == from_hex("00 00 00 01 0a 0b 0c 0f 00 00 07 08 00 00 00 01 00 00 00 00"));
}

TEST_CASE("#132 with nothing left a client is a seeder and is handed leechers") {
    const UdpTracker tracker;
    CHECK(counted(tracker, {.left = 0}) == Counts{1, 0, 0});
    CHECK(counted(tracker, {.left = 0, .port = 7000}) == Counts{2, 0, 0});
    tracker.announce_udp({.port = 7001});
    CHECK(tracker.handed_udp({.left = 0}) == std::set{compact("127.0.0.1", 7001)});
}

TEST_CASE("#133 who stops is gone and handed nobody") {
    const UdpTracker tracker;
    tracker.announce_udp({.port = 7000});
    tracker.announce_udp({});
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(
        with_id(client.connect(),
                from_hex("11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 0e a2 a1 55 37 54 2b 22 92"
                         "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 2d 71 42 34 36 35 30 2d 41 62 43 64"
                         "45 66 47 68 49 6a 4b 6c 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00"
                         "00 00 00 00 00 00 00 7b 00 00 00 03 00 00 00 00 81 c8 1d 14 00 00 00 00"
                         "1a e1")));
    CHECK(reply == from_hex("00 00 00 01 0a 0b 0c 0e 00 00 07 08 00 00 00 01 00 00 00 00"));
    CHECK(tracker.handed_udp({.event = stopped_event, .num_want = 50}).empty());
    CHECK(tracker.handed_udp({.port = 7000}).empty());
}

TEST_CASE("#134 a completion that is sent twice is one snatch") {
    const UdpTracker tracker;
    tracker.announce_udp({.event = started_event});
    for (int i = 0; i < 2; ++i) {
        tracker.announce_udp({.left = 0, .event = completed_event});
        CHECK(tracker.scraped(hash_a) == Counts{1, 1, 0});
    }
}

TEST_CASE("#135 an announce that is sent again is answered again and changes nothing") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string packet = sample_announce(client.connect());
    for (int i = 0; i < 3; ++i) {
        client.send(packet);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK(client.receive() == sample_answer());
    }
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#136 the address that a client names is ignored") {
    const UdpTracker tracker;
    tracker.announce_udp({.ip = 0x08080808});
    CHECK(tracker.handed_udp({.port = 7000}) == std::set{compact("127.0.0.1", 6881)});
}

// Port 0 is refused: ports are 1 to 65535.
TEST_CASE("#137 port 0 is refused and a peer on port 1 is counted but handed to nobody") {
    const UdpTracker tracker;
    CHECK(tracker.refused_udp({.port = 0}) == "malformed request: port must be 1 to 65535");
    CHECK(tracker.scraped(hash_a) == Counts{});
    tracker.announce_udp({.port = 1});
    const UdpAnswer answer = tracker.announce_udp({});
    CHECK(answer.leechers == 2);
    CHECK(answer.entries.empty());
    CHECK(tracker.handed_udp({.port = 1}) == std::set{compact("127.0.0.1", 6881)});
}

TEST_CASE("#138 the largest amounts there can be are taken") {
    const UdpTracker tracker;
    constexpr std::uint64_t most = ~std::uint64_t{0};
    for (int i = 0; i < 2; ++i) {
        CHECK(counted(tracker, {.downloaded = most, .uploaded = most}) == Counts{0, 0, 1});
        CHECK(counted(tracker, {.downloaded = 0, .uploaded = 0}) == Counts{0, 0, 1});
    }
}

TEST_CASE("#140 a torrent that is not registered is refused with a text") {
    const UdpTracker tracker(R"("create_on_announce": false)");
    CHECK(tracker.refused_udp({}) == "torrent does not exist");
    const std::string page = "/torrents/" + hex(hash_a);
    REQUIRE(tracker.manage("PUT", page, R"({"id": 7})").status == 200);
    CHECK(counted(tracker, {}) == Counts{0, 0, 1});
    REQUIRE(tracker.manage("DELETE", page + "?reason=dead%20link").status == 200);
    CHECK(tracker.refused_udp({}) == "torrent does not exist: dead link");
}

TEST_CASE("#140 a client that is not approved is refused with a text") {
    const UdpTracker tracker(R"("whitelist": true)");
    CHECK(tracker.refused_udp({}) == "client is not approved");
    REQUIRE(tracker.manage("PUT", "/clients/qB4650").status == 200);
    CHECK(counted(tracker, {}) == Counts{0, 0, 1});
    CHECK(tracker.refused_udp({.peer_id = transmission}) == "client is not approved");
}

TEST_CASE("#141 peers over HTTP and over UDP are in one swarm") {
    const UdpTracker tracker;
    tracker.announce({.port = 7000, .left = 0});
    const UdpAnswer answer = tracker.announce_udp({.port = 7001});
    CHECK(answer.entries == compact("127.0.0.1", 7000));
    CHECK(answer.seeders == 1);
    CHECK(answer.leechers == 1);
    const auto reply = tracker.announce({.port = 7002});
    CHECK(peers(reply) == std::set{compact("127.0.0.1", 7000), compact("127.0.0.1", 7001)});
    CHECK(counts(reply) == Counts{1, 0, 2});
}

TEST_CASE("a client that announces over HTTP and then over UDP is one peer") {
    const UdpTracker tracker;
    tracker.announce({});
    CHECK(counted(tracker, {}) == Counts{0, 0, 1});
    tracker.announce({.event = "stopped"});
    CHECK(tracker.scraped(hash_a) == Counts{});
}

TEST_CASE("the interval is spread around what is configured") {
    const UdpTracker tracker(R"("announce": "1000s", "min_announce": "500s",)"
                             R"( "interval_jitter": 0.05)");
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 50; ++i) {
        seen.insert(tracker.announce_udp({}).interval);
    }
    CHECK(*seen.begin() >= 950);
    CHECK(*seen.rbegin() <= 1050);
    CHECK(seen.size() > 1);
}

TEST_CASE("everything about UDP is counted") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    client.ask(announce_packet(id, {}));
    client.ask(announce_packet(id, {.port = 0}));
    client.ask(announce_packet(std::string(8, 'x'), {}));
    client.ask(scrape_packet(id, {std::string(hash_a)}));
    CHECK(client.is_ignored("x"));
    CHECK(tracker.number("UDP.Connects") == 2);
    CHECK(tracker.number("UDP.BadConnectionIDs") == 1);
    CHECK(tracker.number("UDP.Dropped") == 1);
    CHECK(tracker.number("UDP.Unanswered") == 0);
    CHECK(tracker.number("Tracker.Announces") == 1);
    CHECK(tracker.number("Tracker.Scrapes") == 1);
    CHECK(tracker.number("Requests.Bad") == 1);
    CHECK(tracker.number("Requests.Handled") == 6);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
