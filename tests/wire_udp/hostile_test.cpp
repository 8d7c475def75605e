// Datagrams that no client sends, floods and lies; after each, everybody else is served as ever.

#include "tests/wire_udp/forged.hpp"
#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <string>
#include <system_error>

namespace chihaya::test {
namespace {

/// A connect request, or another packet, as nobody's client would spell its action.
std::string with_action(std::uint32_t action) {
    return std::string(8, 'x') + big_endian(action) + big_endian(std::uint32_t{1}) +
           std::string(82, 'x');
}

/// Memory of a process that is in RAM. Units: KiB
std::int64_t resident(const Tracker& tracker) {
    std::ifstream status("/proc/" + std::to_string(tracker.pid()) + "/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            std::int64_t size = 0;
            status >> size;
            return size;
        }
    }
    return 0;
}

TEST_SUITE_BEGIN("wire: hostile datagrams");

TEST_CASE("#150 random bytes of every length are ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    std::random_device device;
    const auto seed = device();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (std::size_t size = 0; size <= 2048; ++size) {
        CAPTURE(size);
        std::string bytes(size, '\0');
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        if (size >= 16) {
            bytes[8] = '\x7f';  // by no chance an action
        }
        REQUIRE(client.is_ignored(bytes));
    }
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#150 random bytes behind a good id are answered or ignored and break nothing") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    std::random_device device;
    const auto seed = device();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (std::size_t size = 8; size <= 2040; size += 3) {
        std::string bytes(size, '\0');
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        bytes = with_id(id, bytes + big_endian(std::uint64_t{0}));
        bytes.replace(8, 4, big_endian(static_cast<std::uint32_t>(announce_action + size % 2)));
        const std::string reply = client.ask(bytes);
        CHECK(number_at(reply, 0) <= error_action);
        CHECK(reply.size() <= 1232);
    }
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#151 an action that clients do not send is ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    for (const std::uint32_t action : {3U, 4U, 5U, 0x01000000U, 0x02000000U, 0xffffffffU, 0x101U}) {
        CAPTURE(action);
        CHECK(client.is_ignored(with_action(action)));
        CHECK(client.is_ignored(with_id(id, with_action(action))));
        CHECK(client.is_ignored(with_id(first_connect().substr(0, 8), with_action(action))));
    }
    CHECK(client.is_ignored(with_id(id, with_action(0))));
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#152 a datagram from port 0 or from the tracker itself is ignored") {
    const Forger forger;
    if (!forger.may()) {
        return;
    }
    for (const char* addr : {"127.0.0.1:$UDP_PORT", ":$UDP_PORT"}) {
        CAPTURE(addr);
        const UdpTracker tracker("", R"("batched": true, "addr": ")"s + addr + '"');
        const Endpoint server{.port = tracker.udp_port()};
        forger.send({.port = 0}, server, first_connect());
        tracker.wait_for("UDP.Dropped", 1);
        forger.send(server, server, first_connect());
        tracker.wait_for("UDP.Dropped", 2);
        forger.send(server, server, announce_packet(std::string(8, 'x'), {}));
        tracker.wait_for("UDP.Dropped", 3);
        CHECK(tracker.number("UDP.Connects") == 0);
        CHECK(tracker.number("UDP.BadConnectionIDs") == 0);
        CHECK(tracker.serves_udp_as_ever());
    }
}

TEST_CASE("#153 two trackers that are told to talk to each other fall silent") {
    const Forger forger;
    if (!forger.may()) {
        return;
    }
    const UdpTracker first;
    const UdpTracker second;
    const Endpoint one{.port = first.udp_port()};
    const Endpoint two{.port = second.udp_port()};
    forger.send(two, one, first_connect());
    forger.send(two, one, announce_packet(std::string(8, 'x'), {}));
    forger.send(two, one, scrape_packet(std::string(8, 'x'), {std::string(hash_a)}));
    second.wait_for("UDP.Dropped", 3);  // the first one's replies
    CHECK(first.serves_udp_as_ever());
    CHECK(second.serves_udp_as_ever());
    CHECK(first.number("UDP.Dropped") == 0);
    CHECK(second.number("UDP.Dropped") == 3);
    CHECK(second.number("UDP.Connects") == 1);
    CHECK(second.number("UDP.BadConnectionIDs") == 0);
}

TEST_CASE("#154 connect requests from everywhere leave nothing in memory") {
    const UdpTracker tracker;
    std::uint32_t next = 0;
    const auto flood = [&](int clients) {
        for (int i = 0; i < clients; ++i) {
            ++next;
            const std::string from =
                "127.1." + std::to_string(next / 250 % 250) + '.' + std::to_string(1 + next % 250);
            const UdpClient client(tracker.udp_port(), "127.0.0.1", {.address = from});
            if (next % 250 == 0) {  // so that none is lost because the tracker has no turn
                REQUIRE(client.ask(first_connect()).size() == 16);
            } else {
                client.send(first_connect());
            }
        }
        REQUIRE(tracker.serves_udp_as_ever());
    };
    flood(20'000);
    const std::int64_t before = resident(tracker);
    flood(40'000);
    const std::int64_t after = resident(tracker);
    CAPTURE(before);
    CAPTURE(after);
    CHECK(after - before < 4096);  // a hundred bytes for each
}

TEST_CASE("#155 a flood with invented ids is answered a thousand times a second at most") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    const std::string packet = announce_packet(std::string(8, 'x'), {});
    const auto began = std::chrono::steady_clock::now();
    std::int64_t errors = 0;
    constexpr std::int64_t total = 20'000;
    for (std::int64_t sent = 0; sent < total; sent += 50) {
        for (int i = 0; i < 50; ++i) {
            client.send(packet);
        }
        client.send(connect_packet(7));
        std::string reply = client.receive();
        for (; number_at(reply, 4) != 7; reply = client.receive()) {
            ++errors;
        }
    }
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
    CHECK(errors >= std::min<std::int64_t>(total, 1000));
    CHECK(errors <= 1000 * (seconds + 2));
    CHECK(tracker.number("UDP.BadConnectionIDs") == total);
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#156 a datagram longer than any request is ignored") {
    const UdpTracker tracker;
    const UdpClient client(tracker.udp_port());
    for (const std::size_t size : {2049U, 2050U, 4096U, 9000U, 60'000U, 65'507U}) {
        CAPTURE(size);
        CHECK(client.is_ignored(first_connect() + std::string(size - 16, 'x')));
    }
    CHECK(client.ask(first_connect() + std::string(2048 - 16, 'x')).size() == 16);
    tracker.wait_for("UDP.Dropped", 6);
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#157 clients that are gone before their reply comes disturb nobody") {
    const UdpTracker tracker;
    const UdpClient honest(tracker.udp_port());
    const std::string id = honest.connect();
    for (int i = 0; i < 500; ++i) {
        UdpClient(tracker.udp_port()).send(first_connect());
        UdpClient(tracker.udp_port()).send(announce_packet(id, {.num_want = 0}));
        REQUIRE(number_at(honest.ask(announce_packet(id, {})), 0) == announce_action);
    }
    tracker.announce_udp({.event = stopped_event});
    CHECK(tracker.serves_udp_as_ever());
}

TEST_CASE("#198 a datagram from an address that no host can have is ignored") {
    const Forger forger;
    if (!forger.may()) {
        return;
    }
    const UdpTracker tracker;
    const Endpoint server{.port = tracker.udp_port()};
    // 0.0.0.0 is missing: the system fills in an address of its own.
    for (const char* from : {"224.0.0.1", "239.1.2.3", "255.255.255.255", "240.0.0.1", "0.1.2.3"}) {
        CAPTURE(from);
        try {
            forger.send({.address = from, .port = 4000}, server, first_connect());
        } catch (const std::system_error& error) {
            MESSAGE(error.what());  // the system itself refuses to
        }
    }
    CHECK(tracker.serves_udp_as_ever());
    CHECK(tracker.number("UDP.Connects") == 1);
    CHECK(tracker.number("Requests.Handled") == 3);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
