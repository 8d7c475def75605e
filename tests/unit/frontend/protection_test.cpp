// What the front ends tell those who ask too often, may not ask, or ask a worker that is behind.

#include "core/frontend/udp_frontend.hpp"
#include "tests/support/bencode.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/unit/frontend/http_worker.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace chihaya::frontend {
namespace {

using std::chrono::milliseconds;
using test::big_endian;
using test::TcpClient;
using test::UdpClient;
using wire::ConnectionIds;

constexpr ConnectionIds::Key key{1, 2, 3};

logic::Policy shedding_policy() {
    logic::Policy policy = policy_of(false);
    policy.protection.shed_after = milliseconds(200);
    return policy;
}

/// From now on the worker has been behind for `steps` tenths of a second.
void fall_behind(SlowWorker& worker, int steps) {
    logic::Protection& protection = worker.tracker.protection();
    for (int i = 0; i < steps; ++i) {
        protection.note_wait(milliseconds(1'000));
        protection.step_shedding();
    }
}

std::string http_request(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: tracker.example\r\n\r\n";
}

std::string announce(const std::string& more = "") {
    return http_request(
        "/announce?info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&left=5" +
        more);
}

/// A worker with the UDP front end and a socket on loopback.
struct UdpWorker : SlowWorker {
    explicit UdpWorker(const logic::Policy& decided)
        : SlowWorker(decided),
          front_end(loop, tracker, counters,
                    {.connection_id_key = key,
                     .connection_id_lifetime = ConnectionIds::Lifetime::grace,
                     .transfer = {.batched = true}}) {
        const net::BoundSocket bound = on_loopback(net::Transport::udp);
        port = bound.port;
        front_end.listen(bound);
        loop.at_turn_end(Task::to<&UdpWorker::end_turn>(*this));
    }
    void end_turn() noexcept {
        if (tracker.end_turn(loop.now())) {
            loop.ask_for_turn();
        }
        front_end.flush();
    }
    std::string reply(const UdpClient& client) {
        until([&] { return client.has_more(); });
        return client.receive();
    }

    UdpFrontend front_end;
    std::uint16_t port = 0;
};

std::string id() {
    const ConnectionIds ids(key, ConnectionIds::Lifetime::grace);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return big_endian(ids.issue(*IpAddress::parse("127.0.0.1"), now));
}

std::string udp_announce(std::uint32_t event) {
    return id() + big_endian(std::uint32_t{1}) + big_endian(std::uint32_t{7}) +
           std::string(20, 'h') + std::string(20, 'p') + std::string(24, '\0') + big_endian(event) +
           std::string(8, '\0') + big_endian(std::uint32_t{50}) + "\x1a\xe1";
}

std::string udp_scrape() {
    return id() + big_endian(std::uint32_t{2}) + big_endian(std::uint32_t{7}) +
           std::string(20, 'h');
}

std::shared_ptr<const logic::AccessLists> denied_addresses(const char* network) {
    auto lists = std::make_shared<logic::AccessLists>();
    lists->addresses.deny.emplace(std::array{IpNetwork::parse(network).value()});
    return lists;
}

}  // namespace

TEST_SUITE_BEGIN("protection of the front ends");

TEST_CASE("an announce that a worker sheds is told over HTTP when to come back") {
    HttpWorker test(shedding_policy());
    fall_behind(test, 20);
    TcpClient client(test.port);
    client.send(announce());
    CHECK(test.reply(client).body ==
          "d14:failure reason42:the tracker is overloaded, come back later8:intervali1800e12:min "
          "intervali1800e8:retry ini30ee");
    CHECK(test.session.announces.empty());

    client.send(http_request("/scrape?info_hash=hhhhhhhhhhhhhhhhhhhh"));
    CHECK(test::bencode::parse(test.reply(client).body)->has("failure reason"));
}

TEST_CASE("a peer that has come and is shed over HTTP is told to try again soon") {
    HttpWorker test(shedding_policy());
    TcpClient client(test.port);
    int served = 0;
    while (true) {  // an eighth of those that come is served, whoever draws that lot
        fall_behind(test, 20);
        client.send(announce("&event=started"));
        test.until(
            [&] { return !test.session.announces.empty() || HttpWorker::has_something(client); });
        if (test.session.announces.empty()) {
            break;
        }
        test.session.answer(AnnounceReply{});
        static_cast<void>(test.reply(client));
        REQUIRE(++served < 20);
    }
    const auto told = test::bencode::parse(test.reply(client).body).value();
    CHECK(told.at("interval").integer() >= 300);
    CHECK(told.at("interval").integer() < 600);
}

TEST_CASE("a worker that is a little behind serves peers that come and go over HTTP") {
    HttpWorker test(shedding_policy());
    fall_behind(test, 5);
    TcpClient client(test.port);
    for (std::size_t i = 1; i <= 20; ++i) {
        client.send(announce(i % 2 == 0 ? "&event=started" : "&event=stopped"));
        test.until_waiting(1);
        test.session.answer(AnnounceReply{});
        CHECK_FALSE(test::bencode::parse(test.reply(client).body)->has("failure reason"));
    }
}

TEST_CASE("an announce without an event that is shed over UDP is answered without peers") {
    UdpWorker test(shedding_policy());
    fall_behind(test, 20);
    const UdpClient client(test.port);
    client.send(udp_announce(0));
    CHECK(test.reply(client) == big_endian(std::uint32_t{1}) + big_endian(std::uint32_t{7}) +
                                    big_endian(std::uint32_t{1800}) + std::string(8, '\0'));
    client.send(udp_scrape());
    CHECK(test.reply(client) == big_endian(std::uint32_t{3}) + big_endian(std::uint32_t{7}) +
                                    "the tracker is overloaded, come back later");
    CHECK(test.session.announces.empty());
}

TEST_CASE("an announce with an event is served over UDP however far behind the worker is") {
    UdpWorker test(shedding_policy());
    fall_behind(test, 20);
    const UdpClient client(test.port);
    client.send(udp_announce(2));
    test.until([&] { return test.session.announces.size() == 1; });
    AnnounceReply reply;
    reply.counts.leechers = 9;
    test.session.answer(reply);
    CHECK(test.reply(client).substr(12, 4) == big_endian(std::uint32_t{9}));
}

TEST_CASE("datagrams that nobody reads while the worker rests do not make it shed") {
    UdpWorker test(shedding_policy());
    const UdpClient client(test.port);
    test.front_end.adopt({.connection_id_key = key,
                          .connection_id_lifetime = ConnectionIds::Lifetime::grace,
                          .transfer = {.batched = true, .receive_buffer = 16'384}});
    test.front_end.rest();
    const auto end = std::chrono::steady_clock::now() + milliseconds(500);  // some looks
    test.until([&] {
        for (int i = 0; i < 200; ++i) {
            client.send("garbage");
        }
        return std::chrono::steady_clock::now() > end;
    });
    test.front_end.wake();
    test.tracker.protection().step_shedding();
    CHECK(test.tracker.protection().shedding(metrics::FrontEnd::udp).share() == 0);
}

TEST_CASE("a connection of a denied address is closed without a word") {
    logic::Policy policy = policy_of(false);
    policy.protection.access = denied_addresses("127.0.0.0/8");
    HttpWorker test(policy);
    const TcpClient client(test.port);
    client.send(announce());
    test.until([&] {
        return test.counters.connections_of(metrics::Family::ipv4, metrics::Arrival::denied_address)
                   .read() == 1;
    });
    CHECK(test.session.announces.empty());
}

TEST_CASE("datagrams of a denied address are dropped until another list is adopted") {
    logic::Policy policy = policy_of(false);
    policy.protection.access = denied_addresses("127.0.0.1");
    UdpWorker test(policy);
    const UdpClient client(test.port);
    client.send(udp_announce(0));
    client.send(test::connect_packet(1));
    const auto dropped = [&](metrics::Action action) {
        return test.counters.requests
            .at({.front_end = metrics::FrontEnd::udp, .action = action},
                metrics::Ending::denied_address_dropped)
            .read();
    };
    test.until([&] { return dropped(metrics::Action::connect) == 1; });
    CHECK(dropped(metrics::Action::announce) == 1);
    CHECK_FALSE(client.has_more());

    policy.protection.access = denied_addresses("127.0.0.2");
    test.tracker.adopt(policy);
    client.send(test::connect_packet(2));
    CHECK(test.reply(client).size() == 16);
}

TEST_CASE("a torrent that is denied is told so and one that is not is served") {
    InfoHash denied;
    denied.bytes.fill('h');
    auto lists = std::make_shared<logic::AccessLists>();
    lists->torrents.deny.emplace(std::vector{denied});
    logic::Policy policy = policy_of(false);
    policy.protection.access = lists;
    HttpWorker test(policy);
    TcpClient client(test.port);
    client.send(announce());
    CHECK(test.reply(client).body ==
          "d14:failure reason51:this torrent may not be shared through this tracker8:intervali1800e"
          "12:min intervali900ee");
    std::string other = announce();
    other.replace(other.find("hhhh"), 4, "iiii");
    client.send(other);
    test.until_waiting(1);
}

}  // namespace chihaya::frontend
