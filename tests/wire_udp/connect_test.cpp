// Connect requests, and the connection ids they are answered with.

#include "core/wire/connection_id.hpp"
#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace chihaya::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using wire::ConnectionIds;

constexpr const char* shared_key = R"("connection_id_key": "000102030405060708090a0b0c0d0e0f")";

/// The id that a node with `shared_key` issued to `client` so long ago.
std::string issued(const char* client, seconds ago) {
    ConnectionIds::Key key{};
    for (std::size_t i = 0; i < key.size(); ++i) {
        key[i] = static_cast<std::uint8_t>(i);
    }
    const ConnectionIds ids(key, ConnectionIds::Lifetime::grace);
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    return big_endian(ids.issue(*IpAddress::parse(client), now - ago));
}

/// Is this id good for an announce from `client`? An announce with a bad one must leave no trace.
bool is_accepted(const UdpTracker& tracker, const UdpClient& client, const std::string& id) {
    const std::string reply = client.ask(announce_packet(id, {}));
    const bool accepted = number_at(reply, 0) == announce_action;
    if (accepted) {
        client.ask(announce_packet(id, {.event = stopped_event}));
    } else {
        CHECK(error_text(reply) == "bad connection ID");
        CHECK(tracker.scraped(hash_a) == Counts{});
    }
    return accepted;
}

TEST_SUITE_BEGIN("wire: UDP connections");

TEST_CASE("#101 a connect request is answered with sixteen bytes and an id") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string reply = client.ask(first_connect());
    REQUIRE(reply.size() == 16);
    CHECK(reply.substr(0, 8) == from_hex("00000000 01020304"));
    CHECK(reply.substr(8) != std::string(8, '\0'));
    CHECK(reply.substr(8) != first_connect().substr(0, 8));
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#102 bytes behind a connect request are ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    for (std::size_t more = 1; more <= 500; ++more) {
        CAPTURE(more);
        const std::string reply = client.ask(first_connect() + std::string(more, '\xee'));
        CHECK(reply.size() == 16);
        CHECK(reply.starts_with(from_hex("00000000 01020304")));
    }
}

TEST_CASE("#103 transaction ids are copied bit by bit") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    for (const std::uint32_t transaction : {0U, 0xffffffffU, 0x80000000U, 1U, 0x00ff00ffU}) {
        CAPTURE(transaction);
        CHECK(number_at(client.ask(connect_packet(transaction)), 4) == transaction);
        const std::string hash(hash_c);
        CHECK(number_at(client.ask(announce_packet(id, {.transaction = transaction})), 4) ==
              transaction);
        CHECK(number_at(client.ask(scrape_packet(id, {hash}, transaction)), 4) == transaction);
        CHECK(number_at(client.ask(scrape_packet(std::string(8, 'x'), {hash}, transaction)), 4) ==
              transaction);
    }
}

TEST_CASE("#104 a datagram shorter than a request is ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    for (std::size_t size = 0; size < 16; ++size) {
        CAPTURE(size);
        CHECK(client.is_ignored(first_connect().substr(0, size)));
    }
    tracker.wait_for("UDP.Dropped", 16);
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#105 a connect request with one wrong bit in its protocol id is ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    for (std::size_t bit = 0; bit < 64; ++bit) {
        CAPTURE(bit);
        std::string flipped = first_connect();
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        CHECK(client.is_ignored(flipped));
    }
    tracker.wait_for("UDP.Dropped", 64);
}

TEST_CASE("#106 a connect request that comes three times is answered three times") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    for (int i = 0; i < 3; ++i) {
        client.send(first_connect());
    }
    for (int i = 0; i < 3; ++i) {
        CHECK(client.receive().starts_with(from_hex("00000000 01020304")));
    }
    CHECK_FALSE(client.has_more());
    tracker.wait_for("UDP.Connects", 3);
}

TEST_CASE("#107 an id is good for every port of its address") {
    const UdpTracker tracker;
    const UdpClient first(tracker.udp_port());
    const std::string id = first.connect();
    const UdpClient other(tracker.udp_port());
    REQUIRE(first.port() != other.port());
    CHECK(is_accepted(tracker, other, id));
}

TEST_CASE("#108 an id is good at every listening port and for every worker") {
    const FreePort second;
    const UdpTracker tracker(R"("workers": 2)", R"("addr": ["127.0.0.1:$UDP_PORT", "127.0.0.1:)" +
                                                    std::to_string(second.number()) + R"("])");
    const std::string id = UdpClient(tracker.udp_port()).connect();
    // The kernel spreads clients over the workers by their ports.
    for (int i = 0; i < 32; ++i) {
        CHECK(is_accepted(tracker, UdpClient(tracker.udp_port()), id));
        CHECK(is_accepted(tracker, UdpClient(second.number()), id));
    }
}

TEST_CASE("#109 an id is refused to another address and nothing changes") {
    const UdpTracker tracker;
    const std::string id = UdpClient(tracker.udp_port()).connect();
    const UdpClient other(tracker.udp_port(), "127.0.0.1", {.address = "127.0.0.2"});
    CHECK_FALSE(is_accepted(tracker, other, id));
    CHECK(other.ask(scrape_packet(id, {std::string(hash_a)})).size() <= 36);
    CHECK(is_accepted(tracker, other, other.connect()));
    CHECK(tracker.number("UDP.BadConnectionIDs") == 2);
}

TEST_CASE("#110 an id is good for two minutes whatever the lifetime") {
    for (const char* strict : {"false", "true"}) {
        CAPTURE(strict);
        const UdpTracker tracker("", shared_key + R"(, "strict": )"s + strict);
        const UdpClient client(tracker.udp_port());
        CHECK(is_accepted(tracker, client, issued("127.0.0.1", seconds(0))));
        CHECK(is_accepted(tracker, client, issued("127.0.0.1", seconds(119))));
    }
}

TEST_CASE("#111 an id is refused when its lifetime has passed") {
    const UdpTracker strict("", shared_key + R"(, "strict": true)"s);
    const UdpClient hurried(strict.udp_port());
    CHECK_FALSE(is_accepted(strict, hurried, issued("127.0.0.1", minutes(4))));
    CHECK_FALSE(is_accepted(strict, hurried, issued("127.0.0.1", minutes(60))));
    const UdpTracker patient("", shared_key);
    const UdpClient slow(patient.udp_port());
    CHECK(is_accepted(patient, slow, issued("127.0.0.1", minutes(64))));
    CHECK_FALSE(is_accepted(patient, slow, issued("127.0.0.1", minutes(67))));
    // The byte that says the minute has come round.
    CHECK_FALSE(is_accepted(patient, slow, issued("127.0.0.1", minutes(256))));
}

TEST_CASE("#112 an id from the future is refused") {
    const UdpTracker tracker("", shared_key);
    const UdpClient client(tracker.udp_port());
    CHECK_FALSE(is_accepted(tracker, client, issued("127.0.0.1", -minutes(3))));
    CHECK_FALSE(is_accepted(tracker, client, issued("127.0.0.1", -minutes(190))));
    CHECK_FALSE(is_accepted(tracker, client, issued("127.0.0.1", -minutes(256))));
}

TEST_CASE("#113 ids that nobody issued are refused") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    std::random_device device;
    const auto seed = device();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<std::string> ids{first_connect().substr(0, 8), std::string(8, '\0'),
                                 std::string(8, '\xff')};
    for (int i = 0; i < 200; ++i) {
        ids.push_back(big_endian(std::uint64_t{random()}));
    }
    const std::string id = client.connect();
    for (std::size_t bit = 0; bit < 64; ++bit) {
        ids.push_back(id);
        ids.back()[bit / 8] = static_cast<char>(id[bit / 8] ^ (1 << (bit % 8)));
    }
    for (const std::string& made_up : ids) {
        CAPTURE(hex(made_up));
        CHECK(error_text(client.ask(announce_packet(made_up, {}))) == "bad connection ID");
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#114 an id is good for ten thousand announces") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const std::string reply = client.ask(announce_packet(id, {.transaction = i}));
        REQUIRE(announce_answer(reply).transaction == i);
    }
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#115 an id of one listener is good at another that has the other family too") {
    const FreePort second;
    const UdpTracker tracker(
        "", R"("addr": ["127.0.0.1:$UDP_PORT", ":)" + std::to_string(second.number()) + R"("])");
    const UdpClient plain(tracker.udp_port());
    const UdpClient dual(second.number());
    CHECK(is_accepted(tracker, dual, plain.connect()));
    CHECK(is_accepted(tracker, plain, dual.connect()));
}

TEST_CASE("#116 before an id is proven no reply is longer than its request or more than one") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string bad(8, 'x');
    std::vector<std::string> packets{first_connect(), first_connect() + std::string(2000, 'x'),
                                     announce_packet(bad, {}),
                                     announce_packet(bad, {.options = std::string(1900, '\1')})};
    for (std::size_t size = 16; size < 60; ++size) {
        packets.push_back(scrape_packet(bad, {std::string(44, 'x')}).substr(0, size));
    }
    for (const std::string& packet : packets) {
        CAPTURE(hex(packet));
        client.send(packet);
        client.send(connect_packet(7));
        const std::string reply = client.receive();
        if (number_at(reply, 4) != 7) {
            CHECK(reply.size() <= packet.size());
            CHECK(number_at(client.receive(), 4) == 7);
        }
    }
    CHECK_FALSE(client.has_more());
    CHECK(client.is_ignored(scrape_packet(bad, {}).substr(0, 16)));
}

TEST_CASE("two trackers with one key accept each other's ids and one with another key does not") {
    const UdpTracker first("", shared_key);
    const UdpTracker second("", shared_key);
    const UdpTracker stranger("", R"("connection_id_key": "f00102030405060708090a0b0c0d0e0f")");
    const UdpTracker keyless;
    const std::string id = UdpClient(first.udp_port()).connect();
    CHECK(is_accepted(second, UdpClient(second.udp_port()), id));
    CHECK_FALSE(is_accepted(stranger, UdpClient(stranger.udp_port()), id));
    CHECK_FALSE(is_accepted(keyless, UdpClient(keyless.udp_port()), id));
    const std::string back = UdpClient(second.udp_port()).connect();
    CHECK(is_accepted(first, UdpClient(first.udp_port()), back));
}

TEST_CASE("without a key no two runs accept each other's ids") {
    const UdpTracker first;
    const UdpTracker second;
    const std::string id = UdpClient(first.udp_port()).connect();
    CHECK_FALSE(is_accepted(second, UdpClient(second.udp_port()), id));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
