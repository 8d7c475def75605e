// Scrapes over UDP.

#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace chihaya::test {
namespace {

/// One seeder, five completed downloads, two leechers in swarm A.
void populate(const UdpTracker& tracker) {
    for (std::uint16_t port = 1001; port < 1006; ++port) {
        tracker.announce_udp({.port = port});
        tracker.announce_udp({.left = 0, .event = completed_event, .port = port});
        if (port != 1001) {
            tracker.announce_udp({.left = 0, .event = stopped_event, .port = port});
        }
    }
    tracker.announce_udp({.port = 2001});
    tracker.announce_udp({.port = 2002});
}

std::vector<std::string> many_hashes(std::uint32_t count) {
    std::vector<std::string> hashes;
    for (std::uint32_t i = 1; i <= count; ++i) {
        hashes.push_back(numbered_hash(i));
    }
    return hashes;
}

TEST_SUITE_BEGIN("wire: UDP scrapes");

TEST_CASE("#142 a scrape is answered with seeders and snatches and leechers to the byte") {
    const UdpTracker tracker;
    populate(tracker);
    const UdpClient client(tracker.udp_port());
    const std::string request = with_id(
        client.connect(), from_hex("11 22 33 44 55 66 77 88 00 00 00 02 00 00 00 11 a2 a1 55 37"
                                   "54 2b 22 92 5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1"));
    CHECK(client.ask(request) ==
          from_hex("00 00 00 02 00 00 00 11 00 00 00 01 00 00 00 05 00 00 00 02"));
}

TEST_CASE("#143 records come in the order of the request and are zeros for unknown swarms") {
    const UdpTracker tracker;
    populate(tracker);
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    const std::string request = with_id(
        id, from_hex("11 22 33 44 55 66 77 88 00 00 00 02 00 00 00 12 a2 a1 55 37 54 2b 22 92"
                     "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 00 01 02 03 04 05 06 07 08 09 0a 0b"
                     "0c 0d 0e 0f 10 11 12 13"));
    CHECK(client.ask(request) == from_hex("00 00 00 02 00 00 00 12 00 00 00 01 00 00 00 05"
                                          "00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00"));
    CHECK(client.ask(scrape_packet(id, {std::string(hash_c), std::string(hash_a)})) ==
          from_hex("00 00 00 02 00 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00"
                   "00 00 00 01 00 00 00 05 00 00 00 02"));
}

TEST_CASE("#144 seventy-four swarms are all answered though the request comes in fragments") {
    const UdpTracker tracker;
    tracker.announce_udp({.info_hash = numbered_hash(74)});
    const UdpClient client(tracker.udp_port());
    const std::string request = scrape_packet(client.connect(), many_hashes(74));
    REQUIRE(request.size() == 1496);
    const std::string reply = client.ask(request);
    CHECK(reply.size() == 896);
    CHECK(number_at(reply, 896 - 4) == 1);
}

TEST_CASE("#145 of more than seventy-four swarms the first are answered") {
    const UdpTracker tracker;
    tracker.announce_udp({.info_hash = numbered_hash(74)});
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    for (const std::uint32_t count : {75U, 100U, 101U}) {  // 101 are the last that are looked at
        CAPTURE(count);
        const std::string reply = client.ask(scrape_packet(id, many_hashes(count)));
        CHECK(reply.size() == 896);
        CHECK(number_at(reply, 896 - 4) == 1);
    }
    CHECK(client.is_ignored(scrape_packet(id, many_hashes(102))));
}

TEST_CASE("#145 the operator may set fewer") {
    const UdpTracker tracker(R"("limits": {"max_scrape_infohashes": 3})");
    const UdpClient client(tracker.udp_port());
    CHECK(client.ask(scrape_packet(client.connect(), many_hashes(10))).size() == 8 + 3 * 12);
}

TEST_CASE("#146 a scrape of nothing whole is refused") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    const std::string whole = scrape_packet(id, many_hashes(1));
    for (std::size_t size = 16; size < 36; ++size) {
        CAPTURE(size);
        CHECK(error_text(client.ask(whole.substr(0, size)), 0x11) ==
              "malformed request: info_hash is missing");
    }
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#147 bytes behind the last whole hash are ignored") {
    const UdpTracker tracker;
    populate(tracker);
    const UdpClient client(tracker.udp_port());
    const std::string request = scrape_packet(client.connect(), {std::string(hash_a)});
    for (std::size_t more = 1; more < 20; ++more) {
        CAPTURE(more);
        CHECK(client.ask(request + std::string(more, 'x')) ==
              from_hex("00 00 00 02 00 00 00 11 00 00 00 01 00 00 00 05 00 00 00 02"));
    }
}

TEST_CASE("#148 a swarm that is asked for twice has two records") {
    const UdpTracker tracker;
    tracker.announce_udp({});
    const UdpClient client(tracker.udp_port());
    const std::string a(hash_a);
    const std::string record = from_hex("00 00 00 00 00 00 00 00 00 00 00 01");
    CHECK(client.ask(scrape_packet(client.connect(), {a, std::string(hash_c), a})) ==
          from_hex("00 00 00 02 00 00 00 11") + record + std::string(12, '\0') + record);
}

TEST_CASE("#149 a scrape with an id that nobody issued is refused in fewer bytes than it has") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string request = scrape_packet(std::string(8, 'x'), {std::string(hash_a)});
    const std::string reply = client.ask(request);
    CHECK(error_text(reply, 0x11) == "bad connection ID");
    CHECK(reply.size() <= request.size());
    CHECK(client.is_ignored(request.substr(0, 16)));
}

TEST_CASE("a scrape over UDP shows what HTTP has brought") {
    const UdpTracker tracker;
    tracker.announce({.left = 0, .from = "203.0.113.10"});
    tracker.announce({.from = "2001:db8::a"});
    const UdpClient client(tracker.udp_port());
    CHECK(client.ask(scrape_packet(client.connect(), {std::string(hash_a)})) ==
          from_hex("00 00 00 02 00 00 00 11 00 00 00 01 00 00 00 00 00 00 00 01"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
