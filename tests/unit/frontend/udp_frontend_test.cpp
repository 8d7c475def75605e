#include "core/frontend/udp_frontend.hpp"

#include "core/base/limits.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/unit/frontend/slow_worker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::frontend {
namespace {

using test::big_endian;
using test::connect_packet;
using test::UdpClient;
using wire::ConnectionIds;

constexpr ConnectionIds::Key key{1, 2, 3};

constexpr std::string_view unavailable = "the tracker is temporarily unavailable";

/// A worker with the UDP front end and a socket on loopback.
struct Fixture : SlowWorker {
    explicit Fixture(bool batched = true, bool is_private = false)
        : SlowWorker(policy_of(is_private)), front_end(loop, tracker, counters, settings(batched)) {
        const net::BoundSocket bound = on_loopback(net::Transport::udp);
        port = bound.port;
        front_end.listen(bound);
        loop.at_turn_end(Task::to<&Fixture::end_turn>(*this));
    }

    static UdpSettings settings(bool batched) {
        return {.connection_id_key = key,
                .connection_id_lifetime = ConnectionIds::Lifetime::grace,
                .transfer = {.batched = batched}};
    }

    void end_turn() noexcept {
        if (tracker.end_turn(loop.now())) {
            loop.ask_for_turn();
        }
        front_end.flush();
    }

    /// The next reply to `client`.
    std::string reply(const UdpClient& client) {
        until([&] { return client.has_more(); });
        return client.receive();
    }

    /// Turns until so many announces wait for their answer.
    void until_waiting(std::size_t announces) {
        until([&] { return session.announces.size() == announces; });
    }

    UdpFrontend front_end;
    std::uint16_t port = 0;
};

/// An id for a client on 127.0.0.1.
std::string id() {
    const ConnectionIds ids(key, ConnectionIds::Lifetime::grace);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return big_endian(ids.issue(*IpAddress::parse("127.0.0.1"), now));
}

std::string announce_packet(std::uint32_t transaction, const std::string& options = "") {
    return id() + big_endian(std::uint32_t{1}) + big_endian(transaction) + std::string(20, 'h') +
           std::string(20, 'p') + big_endian(std::uint64_t{0}) + big_endian(std::uint64_t{1}) +
           big_endian(std::uint64_t{0}) + std::string(12, '\0') +
           big_endian(std::uint32_t{0xffffffff}) + "\x1a\xe1" + options;
}

std::string scrape_packet(std::uint32_t transaction) {
    return id() + big_endian(std::uint32_t{2}) + big_endian(transaction) + std::string(20, 'h') +
           std::string(20, 'i');
}

/// The reply to an announce without peers.
std::string announce_reply(std::uint32_t transaction, const SwarmCounts& counts) {
    return big_endian(std::uint32_t{1}) + big_endian(transaction) +
           big_endian(std::uint32_t{1800}) + big_endian(counts.leechers) +
           big_endian(counts.seeders);
}

std::string error(std::uint32_t transaction, std::string_view text) {
    return big_endian(std::uint32_t{3}) + big_endian(transaction) + std::string(text);
}

std::string connect_head(std::uint32_t transaction) {
    return big_endian(std::uint32_t{0}) + big_endian(transaction);
}

AnnounceReply reply_with(std::uint32_t leechers, std::uint32_t seeders) {
    AnnounceReply reply;
    reply.counts.leechers = leechers;
    reply.counts.seeders = seeders;
    return reply;
}

}  // namespace

TEST_SUITE_BEGIN("udp front end");

TEST_CASE("a reply goes out in the turn in which the driver answers and not before") {
    for (const bool batched : {true, false}) {
        Fixture test(batched);
        const UdpClient client(test.port);
        client.send(announce_packet(7));
        test.until_waiting(1);
        for (int i = 0; i < 10; ++i) {
            test.loop.turn(false);
        }
        CHECK_FALSE(client.has_more());
        CHECK_FALSE(test.front_end.is_quiet());
        test.session.answer(reply_with(2, 1));
        test.loop.turn(false);
        CHECK(client.receive() == announce_reply(7, {.seeders = 1, .leechers = 2}));
        CHECK(test.front_end.is_quiet());
    }
}

TEST_CASE("a place that is finished answers what it has taken, and is closed then") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(announce_packet(7));
    test.until_waiting(1);
    const net::Place place{.address = IpAddress::parse("127.0.0.1"), .is_ipv6 = false, .port = 0};
    test.front_end.finish(place);
    test.loop.turn(false);
    CHECK_FALSE(test.front_end.is_quiet());
    test.session.answer(reply_with(2, 1));
    test.loop.turn(false);
    CHECK(client.receive() == announce_reply(7, {.seeders = 1, .leechers = 2}));
    const net::BoundSocket again = on_loopback(net::Transport::udp);
    test.front_end.listen(again);  // in the room of the first
    const UdpClient other(again.port);
    other.send(announce_packet(8));
    test.until_waiting(1);
    test.session.answer(reply_with(0, 0));
    CHECK(test.reply(other) == announce_reply(8, {}));
}

TEST_CASE("the driver writes peers where the reply leaves from and no more than it was asked") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(announce_packet(7));
    test.until_waiting(1);
    const AnnounceRequest request = test.session.announces.front().request;
    CHECK(request.num_want_ipv4 == 50);
    CHECK(request.num_want_ipv6 == 0);
    CHECK(request.room.ipv6 == nullptr);
    REQUIRE(request.room.ipv4 != nullptr);
    std::fill_n(request.room.ipv4, std::size_t{50} * 6, std::uint8_t{'e'});
    AnnounceReply reply = reply_with(2, 1);
    reply.ipv4_peers = 1000;  // a driver that lies sends nothing that is not there
    test.session.answer(reply);
    CHECK(test.reply(client) ==
          announce_reply(7, {.seeders = 1, .leechers = 2}) + std::string(300, 'e'));
}

TEST_CASE("who connects is answered while announces wait") {
    for (const bool batched : {true, false}) {
        Fixture test(batched);
        const UdpClient client(test.port);
        client.send(announce_packet(1));
        client.send(connect_packet(2));
        CHECK(test.reply(client).starts_with(connect_head(2)));
        test.until_waiting(1);
        test.session.answer(reply_with(1, 0));
        CHECK(test.reply(client) == announce_reply(1, {.leechers = 1}));
    }
}

TEST_CASE("late answers go to whom they belong though they come in another order") {
    for (const bool batched : {true, false}) {
        Fixture test(batched);
        std::vector<std::unique_ptr<UdpClient>> clients;
        for (std::uint32_t i = 0; i < 100; ++i) {
            clients.push_back(std::make_unique<UdpClient>(test.port));
            clients.back()->send(announce_packet(i));
        }
        test.until_waiting(100);
        test.session.answer(reply_with(100, 0));  // the last first
        for (std::uint32_t i = 0; i < 100; ++i) {
            CHECK(test.reply(*clients[i]) == announce_reply(i, {.leechers = 100}));
        }
        CHECK(test.front_end.is_quiet());
    }
}

TEST_CASE("an announce that is sent again while it waits is answered twice") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(announce_packet(5));
    client.send(announce_packet(5));
    test.until_waiting(2);
    test.session.answer(reply_with(1, 0));
    CHECK(test.reply(client) == announce_reply(5, {.leechers = 1}));
    CHECK(test.reply(client) == announce_reply(5, {.leechers = 1}));
}

TEST_CASE("a scrape is answered when the driver does") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(scrape_packet(9));
    test.until([&] { return test.session.scrapes.size() == 1; });
    CHECK(test.session.scrapes.front().info_hashes.size() == 2);
    test.loop.turn(false);
    CHECK_FALSE(client.has_more());
    test.session.answer(
        SwarmCounts{.seeders = 1, .leechers = 2, .partial_seeds = 0, .snatches = 5});
    const std::string record =
        big_endian(std::uint32_t{1}) + big_endian(std::uint32_t{5}) + big_endian(std::uint32_t{2});
    CHECK(test.reply(client) ==
          big_endian(std::uint32_t{2}) + big_endian(std::uint32_t{9}) + record + record);
}

TEST_CASE("a driver that fails is an error packet with words for clients") {
    struct Case {
        Status status;
        std::string_view text;
    };
    for (const Case& one :
         {Case{{StatusCode::unavailable, "the store is away"}, unavailable},
          Case{{StatusCode::internal, "assertion"}, unavailable},
          Case{{StatusCode::rejected, "this swarm is full"}, "this swarm is full"}}) {
        CAPTURE(one.text);
        Fixture test;
        const UdpClient client(test.port);
        client.send(announce_packet(3));
        client.send(scrape_packet(4));
        test.until(
            [&] { return test.session.announces.size() == 1 && test.session.scrapes.size() == 1; });
        test.session.fail(one.status);
        CHECK(test.reply(client) == error(3, one.text));
        CHECK(test.reply(client) == error(4, one.text));
        CHECK(test.front_end.is_quiet());
    }
}

TEST_CASE("an account that may not download is told so and handed nobody") {
    Fixture test(true, true);
    test.put_user("aaaaaaaaaaaaaaaa", UserFlags::none);
    InfoHash info_hash;
    info_hash.bytes.fill('h');
    test.put_torrent(info_hash);
    const UdpClient client(test.port);
    client.send(announce_packet(3, "\x02\x1a/aaaaaaaaaaaaaaaa/announce"));
    test.until_waiting(1);
    CHECK(test.session.announces.front().request.num_want_ipv4 == 0);
    CHECK(has(test.session.announces.front().request.flags, AnnounceFlags::hidden));
    test.session.answer(reply_with(1, 0));
    CHECK(test.reply(client) == error(3, "this account may not download"));
}

TEST_CASE("beyond so many that wait requests are dropped and counted until answers come") {
    Fixture test;
    const UdpClient client(test.port);
    const std::string packet = announce_packet(1);
    std::size_t sent = 0;
    while (sent < limits::udp_in_flight_max) {
        for (int i = 0; i < 64; ++i, ++sent) {
            client.send(packet);
        }
        test.until_waiting(sent);
    }
    CHECK(test.sum().ended(metrics::Ending::no_room) == 0);
    for (int i = 0; i < 10; ++i) {
        client.send(packet);
        client.send(connect_packet(2));
    }
    test.until([&] { return test.sum().ended(metrics::Ending::no_room) == 20; });
    CHECK(test.session.announces.size() == limits::udp_in_flight_max);
    CHECK_FALSE(client.has_more());
    CHECK_FALSE(test.front_end.is_quiet());

    test.session.fail({StatusCode::unavailable, "gone"});
    std::size_t came = 0;
    while (came < 64) {  // as many as the client's socket surely has room for
        came += test.reply(client) == error(1, unavailable) ? 1U : 0U;
    }
    CHECK(test.front_end.is_quiet());
    const UdpClient another(test.port);
    another.send(connect_packet(3));
    CHECK(test.reply(another).starts_with(connect_head(3)));
    CHECK(test.sum().ended(metrics::Ending::no_room) == 20);
}

TEST_CASE("a stop takes what waits in the kernel and answers it and nothing that comes later") {
    for (const bool batched : {true, false}) {
        Fixture test(batched);
        const UdpClient client(test.port);
        client.send(announce_packet(1));
        test.until_waiting(1);
        client.send(announce_packet(2));
        client.send(connect_packet(3));
        test.front_end.stop();
        CHECK_FALSE(test.front_end.is_quiet());
        CHECK(test.reply(client).starts_with(connect_head(3)));
        test.until_waiting(2);
        client.send(connect_packet(4));
        for (int i = 0; i < 10; ++i) {
            test.loop.turn(false);
        }
        CHECK_FALSE(client.has_more());
        CHECK_FALSE(test.front_end.is_quiet());
        test.session.answer(reply_with(2, 0));
        CHECK(test.reply(client) == announce_reply(2, {.leechers = 2}));
        CHECK(test.reply(client) == announce_reply(1, {.leechers = 2}));
        CHECK(test.front_end.is_quiet());
    }
}

TEST_CASE("a stop with nothing to answer is quiet at once") {
    Fixture test;
    test.loop.turn(false);
    test.front_end.stop();
    CHECK(test.front_end.is_quiet());
}

TEST_CASE("who waits when the front end is closed is told that the tracker is unavailable") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(announce_packet(1));
    client.send(scrape_packet(2));
    test.until(
        [&] { return test.session.announces.size() == 1 && test.session.scrapes.size() == 1; });
    test.front_end.close();
    client.send(connect_packet(3));
    test.session.release();  // fails what it still has
    CHECK(test.reply(client) == error(1, unavailable));
    CHECK(test.reply(client) == error(2, unavailable));
    CHECK(test.front_end.is_quiet());
    for (int i = 0; i < 10; ++i) {
        test.loop.turn(false);
    }
    CHECK_FALSE(client.has_more());
}

TEST_CASE("closing and then stopping and closing again harm nobody") {
    Fixture test;
    test.front_end.close();
    test.front_end.stop();
    test.front_end.close();
    CHECK(test.front_end.is_quiet());
    while (test.loop.turn(false)) {
    }
}

TEST_CASE("what is received and sent is counted") {
    Fixture test;
    const UdpClient client(test.port);
    client.send(connect_packet(1));
    CHECK(test.reply(client).size() == 16);
    client.send("x");
    client.send(std::string(8, 'x') + announce_packet(2).substr(8));
    CHECK(test.reply(client) == error(2, "bad connection ID"));
    const metrics::Snapshot sum = test.sum();
    CHECK(sum.udp_connects() == 1);
    CHECK(sum.ended(metrics::Ending::garbage) == 1);
    CHECK(sum.ended(metrics::Ending::bad_connection_id) == 1);
    CHECK(sum.handled() == 2);
    CHECK(sum.announces() == 0);
    CHECK(sum.bytes_received() == 16 + 1 + 98);
    CHECK(sum.bytes_transmitted() == 16 + 25);
}

TEST_SUITE_END();

}  // namespace chihaya::frontend
