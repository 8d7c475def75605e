#include "core/frontend/http_frontend.hpp"

#include "tests/support/bencode.hpp"
#include "tests/support/http_client.hpp"
#include "tests/unit/frontend/http_worker.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::frontend {
namespace {

using test::HttpReply;
using test::TcpClient;

constexpr std::string_view unavailable = "the tracker is temporarily unavailable";

using Fixture = HttpWorker;

std::string announce(const std::string& path = "/announce") {
    return "GET " + path +
           "?info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0"
           "&downloaded=0&left=5 HTTP/1.1\r\nHost: tracker.example\r\n\r\n";
}

std::string scrape() {
    return "GET /scrape?info_hash=hhhhhhhhhhhhhhhhhhhh HTTP/1.1\r\nHost: tracker.example\r\n\r\n";
}

AnnounceReply reply_with(std::uint32_t leechers) {
    AnnounceReply reply;
    reply.counts.leechers = leechers;
    return reply;
}

std::int64_t leechers(const HttpReply& reply) {
    return test::bencode::parse(reply.body)->at("incomplete").integer();
}

std::string reason(const HttpReply& reply) {
    return test::bencode::parse(reply.body)->at("failure reason").text();
}

}  // namespace

TEST_SUITE_BEGIN("http front end");

TEST_CASE("a reply goes out when the driver answers and not before") {
    Fixture test;
    TcpClient client(test.port);
    client.send(announce());
    test.until_waiting(1);
    for (int i = 0; i < 10; ++i) {
        test.loop.turn(false);
    }
    CHECK_FALSE(Fixture::has_something(client));
    CHECK_FALSE(test.front_end.is_quiet());
    test.session.answer(reply_with(3));
    CHECK(leechers(test.reply(client)) == 3);
    CHECK(test.front_end.is_quiet());
}

TEST_CASE("a place that is finished serves who waits there and leaves who is connected") {
    Fixture test;
    TcpClient connected(test.port);
    connected.send(announce());
    test.until_waiting(1);
    test.session.answer(reply_with(1));
    CHECK(leechers(test.reply(connected)) == 1);
    TcpClient waits(test.port);  // in the kernel's queue
    test.front_end.finish({.address = IpAddress::parse("127.0.0.1"), .is_ipv6 = false, .port = 0});
    CHECK_THROWS(TcpClient(test.port));
    for (TcpClient* const client : {&connected, &waits}) {
        client->send(announce());
        test.until_waiting(1);
        test.session.answer(reply_with(2));
        CHECK(leechers(test.reply(*client)) == 2);
    }
}

TEST_CASE("connections end with their next reply when the worker leaves or keep-alive does") {
    Fixture test;
    TcpClient client(test.port);
    const auto ask = [&] {
        client.send(announce());
        test.until_waiting(1);
        test.session.answer(reply_with(1));
        return test.reply(client).header("Connection").value_or("");
    };
    CHECK(ask() != "close");
    test.front_end.leave(true);
    test.front_end.leave(false);
    CHECK(ask() != "close");
    HttpSettings settings;
    settings.keep_alive = false;
    test.front_end.adopt(settings, {});
    CHECK(ask() == "close");
}

TEST_CASE("a connection that is taken over counts as of its own family") {
    Fixture test;
    TcpClient client(test.port);
    client.send(scrape());
    test.until([&] { return test.session.scrapes.size() == 1; });
    test.session.answer(SwarmCounts{});
    static_cast<void>(test.reply(client));
    test.front_end.rest();
    std::vector<OpenConnection> given;
    test.front_end.give_up(given);
    REQUIRE(given.size() == 1);
    given.front().from = IpAddress::parse("2001:db8::7").value();
    test.front_end.take_in(std::move(given.front()));  // in the room of an IPv4 client
    test.front_end.wake();
    client.send(scrape());
    test.until([&] { return test.session.scrapes.size() == 1; });
    test.session.answer(SwarmCounts{});
    static_cast<void>(test.reply(client));
    const auto& traffic = test.counters.traffic_of(metrics::FrontEnd::http, metrics::Family::ipv6);
    CHECK(traffic.received.read() == scrape().size());
    CHECK(traffic.transmitted.read() > 0);
}

TEST_CASE("late answers go to whom they belong though they come in another order") {
    Fixture test;
    TcpClient first(test.port);
    TcpClient second(test.port);
    first.send(announce());
    test.until_waiting(1);
    second.send(announce());
    test.until_waiting(2);
    const auto latest = test.session.announces.back();
    test.session.announces.pop_back();
    latest.sink->done(reply_with(2));
    CHECK(leechers(test.reply(second)) == 2);
    CHECK_FALSE(Fixture::has_something(first));
    test.session.answer(reply_with(1));
    CHECK(leechers(test.reply(first)) == 1);
}

TEST_CASE("replies to one connection come in the order of its requests") {
    Fixture test;
    TcpClient client(test.port);
    client.send(announce() + scrape() + announce());
    std::uint32_t answered = 0;
    for (int i = 0; i < 3; ++i) {  // one after the other: the connection waits for each
        test.until(
            [&] { return test.session.announces.size() + test.session.scrapes.size() == 1; });
        test.session.answer(SwarmCounts{});
        if (!test.session.announces.empty()) {
            test.session.answer(reply_with(++answered));
        }
        test.loop.turn(false);
    }
    test.until([&] { return test.front_end.is_quiet(); });
    CHECK(leechers(client.read_reply()) == 1);
    CHECK(test::bencode::parse(client.read_reply().body)->has("files"));
    CHECK(leechers(client.read_reply()) == 2);
}

TEST_CASE("a driver that fails is a failure with words for clients and a time to come back") {
    struct Case {
        Status status;
        std::string_view text;
        bool is_ours;
    };
    for (const Case& one :
         {Case{{StatusCode::unavailable, "the store is away"}, unavailable, true},
          Case{{StatusCode::internal, "assertion"}, unavailable, true},
          Case{{StatusCode::rejected, "this swarm is full"}, "this swarm is full", false}}) {
        CAPTURE(one.text);
        Fixture test;
        TcpClient client(test.port);
        client.send(announce());
        test.until_waiting(1);
        test.session.fail(one.status);
        const HttpReply reply = test.reply(client);
        CHECK(reply.status == 200);
        CHECK(reason(reply) == one.text);
        const auto body = test::bencode::parse(reply.body);
        CHECK(body->has("retry in") == one.is_ours);
        CHECK(body->at("interval").integer() == (one.is_ours ? 60 : 1800));
        CHECK(test.sum().errored() == (one.is_ours ? 1 : 0));
        CHECK(test.sum().bad() == (one.is_ours ? 0 : 1));
        client.send(scrape());
        test.until([&] { return test.session.scrapes.size() == 1; });
        test.session.fail(one.status);
        CHECK(reason(test.reply(client)) == one.text);
        CHECK(test.front_end.is_quiet());
    }
}

TEST_CASE("an account that may not download is told so and handed nobody") {
    Fixture test(true);
    test.put_user("aaaaaaaaaaaaaaaa", UserFlags::none);
    InfoHash info_hash;
    info_hash.bytes.fill('h');
    test.put_torrent(info_hash);
    TcpClient client(test.port);
    client.send(announce("/aaaaaaaaaaaaaaaa/announce"));
    test.until_waiting(1);
    CHECK(test.session.announces.front().request.num_want_ipv4 == 0);
    CHECK(has(test.session.announces.front().request.flags, AnnounceFlags::hidden));
    test.session.answer(reply_with(1));
    CHECK(reason(test.reply(client)) == "this account may not download");
}

TEST_CASE("a client that is gone before its answer comes disturbs nobody") {
    Fixture test;
    auto gone = std::make_unique<TcpClient>(test.port);
    gone->send(announce());
    test.until_waiting(1);
    gone.reset();
    TcpClient other(test.port);
    other.send(announce());
    test.until_waiting(2);
    test.session.answer(reply_with(2));
    CHECK(leechers(test.reply(other)) == 2);
    test.until([&] { return test.counters.connections_open.read() == 1; });
    other.send(announce());
    test.until_waiting(1);
    test.session.answer(reply_with(3));
    CHECK(leechers(test.reply(other)) == 3);
}

TEST_CASE("a stop waits for answers and ends each connection with its reply") {
    Fixture test;
    TcpClient waiting(test.port);
    waiting.send(announce());
    test.until_waiting(1);
    TcpClient idle(test.port);
    test.until([&] { return test.counters.connections_open.read() == 2; });
    test.front_end.stop();
    CHECK_FALSE(test.front_end.is_quiet());
    test.until([&] { return Fixture::has_something(idle); });
    CHECK(idle.read_to_end().empty());
    test.session.answer(reply_with(1));
    CHECK(leechers(test.reply(waiting)) == 1);
    test.until([&] { return Fixture::has_something(waiting); });
    CHECK(waiting.read_to_end().empty());
    CHECK(test.front_end.is_quiet());
}

TEST_CASE("a front end that is closed while answers are awaited takes them and says nothing") {
    Fixture test;
    TcpClient client(test.port);
    client.send(announce());
    test.until_waiting(1);
    test.front_end.close_all();
    test.session.release();  // fails what it still has
    test.loop.turn(false);
    CHECK(client.read_to_end().empty());
    CHECK(test.counters.connections_open.read() == 0);
}

TEST_CASE(
    "a site's words for a bad peer id and the long form are read by who has only that fault") {
    logic::Policy policy = policy_of(true);
    policy.site.no_peer_id = "No peer ID";
    policy.site.invalid_peer_id = "Invalid peer ID";
    policy.site.not_compact = "not compact";
    policy.site.unknown_user = "Passkey not found";
    policy.site.unknown_torrent = "Unregistered torrent";
    policy.site.failure_interval = std::chrono::seconds(5400);
    Fixture test(policy);
    test.put_user("aaaaaaaaaaaaaaaa", UserFlags::can_leech);
    InfoHash info_hash;
    info_hash.bytes.fill('h');
    test.put_torrent(info_hash);
    const auto refusal = [&](const std::string& passkey, char hash, const std::string& more) {
        TcpClient client(test.port);
        client.send("GET /" + passkey + "/announce?info_hash=" + std::string(20, hash) +
                    "&port=6881&uploaded=0&downloaded=0&left=5" + more + " HTTP/1.1\r\n\r\n");
        const HttpReply reply = test.reply(client);
        CHECK(test::bencode::parse(reply.body)->at("min interval").integer() == 5400);
        CHECK(test::bencode::parse(reply.body)->at("interval").integer() == 5400);
        return reason(reply);
    };
    const std::string known = "aaaaaaaaaaaaaaaa";
    const std::string good_id = "&peer_id=" + std::string(20, 'p');
    CHECK(refusal(known, 'h', "") == "No peer ID");
    CHECK(refusal(known, 'h', "&peer_id=short") == "Invalid peer ID");
    CHECK(refusal(known, 'h', "&peer_id=") == "Invalid peer ID");
    CHECK(refusal(known, 'h', good_id + "&compact=0") == "not compact");
    CHECK(refusal("unknown", 'h', "") == "Passkey not found");
    CHECK(refusal("unknown", 'h', good_id + "&compact=0") == "Passkey not found");
    CHECK(refusal(known, 'x', good_id + "&compact=0") == "Unregistered torrent");
    CHECK(test.sum().ended(metrics::Ending::malformed) == 3);
    CHECK(test.sum().ended(metrics::Ending::not_compact) == 1);
    CHECK(test.sum().ended(metrics::Ending::unknown_user) == 2);
    CHECK(test.sum().ended(metrics::Ending::unknown_torrent) == 1);
    CHECK(test.sum().announces_failed() == 7);
    CHECK(test.sum().bad() == 7);
    for (const char* more : {"", "&compact=1"}) {
        TcpClient client(test.port);
        client.send("GET /" + known +
                    "/announce?info_hash=hhhhhhhhhhhhhhhhhhhh&port=6881&uploaded=0" +
                    "&downloaded=0&left=5" + good_id + more + " HTTP/1.1\r\n\r\n");
        test.until_waiting(1);
        test.session.answer(reply_with(1));
        CHECK(leechers(test.reply(client)) == 1);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::frontend
