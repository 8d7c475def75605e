// Connections: how long they live, and what order there is on them.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>

namespace chihaya::test {
namespace {

constexpr auto soon = std::chrono::seconds(5);

/// `count` announces of different ports, the first of them `port`.
std::string pipeline(std::uint32_t count, std::uint32_t port) {
    std::string all;
    for (std::uint32_t i = 0; i < count; ++i) {
        all += request({.port = port + i, .more = "&numwant=0"});
    }
    return all;
}

TEST_SUITE_BEGIN("wire: connections");

TEST_CASE("#86 announce and scrape are answered in order on one connection") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    client.send(first_request());
    HttpReply reply = client.read_reply();
    CHECK(reply.body == first_body());
    CHECK_FALSE(reply.header("Connection").has_value());
    client.send(get(scrape_target(hash_a)));
    CHECK(success(client.read_reply()).at("files").has(std::string(hash_a)));
    client.send(request({.event = "stopped"}));
    CHECK(counts(success(client.read_reply())) == Counts{});
    CHECK_FALSE(client.ends_within(std::chrono::milliseconds(50)));
}

TEST_CASE("#87 close ends the connection after the reply") {
    const Tracker tracker;
    for (const char* header : {"Connection: close", "Connection: Close", "connection: foo, CLOSE",
                               "CONNECTION:close ,keep-alive"}) {
        CAPTURE(header);
        TcpClient client(tracker.port());
        client.send(get(target({}), header + "\r\n"s));
        const HttpReply reply = client.read_reply();
        CHECK(reply.body == first_body());
        CHECK(reply.header("Connection") == "close");
        CHECK(client.ends_within(soon));
    }
}

TEST_CASE("#87 without keep_alive every reply is the last one") {
    const Tracker tracker(R"("http": {"keep_alive": false})");
    TcpClient client(tracker.port());
    client.send(first_request());
    const HttpReply reply = client.read_reply();
    CHECK(reply.body == first_body());
    CHECK(reply.header("Connection") == "close");
    CHECK(client.ends_within(soon));
}

TEST_CASE("#88 HTTP 1.0 with keep-alive is told that it is kept") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    for (int i = 0; i < 2; ++i) {
        client.send("GET " + target({}) + " HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        const HttpReply reply = client.read_reply();
        CHECK(reply.head.starts_with("HTTP/1.0 200 OK\r\n"));
        CHECK(reply.header("Connection") == "keep-alive");
        CHECK(reply.header("Content-Length") == "112");
        CHECK(reply.body == first_body());
    }
}

TEST_CASE("#89 pipelined requests are answered in order") {
    const Tracker tracker;
    for (const std::uint32_t count : {10U, 500U}) {
        CAPTURE(count);
        TcpClient client(tracker.port());
        const std::int64_t before = tracker.scraped(hash_a).incomplete;
        client.send(pipeline(count, 10'000 + count));
        for (std::uint32_t i = 1; i <= count; ++i) {
            // Each announces a new peer, so the counts tell the order.
            REQUIRE(counts(success(client.read_reply())) == Counts{0, 0, before + i});
        }
    }
}

TEST_CASE("#89 pipelined requests are answered in full however large their replies are") {
    const Tracker tracker;
    const std::string from = "2001:db8:1111:2222:3333:4444:5555:6666";
    tracker.announce_many({.more = "&numwant=0", .from = from}, 201);
    TcpClient client(tracker.port());
    constexpr int count = 300;
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += request({.more = "&numwant=200&compact=0", .from = from});
    }
    std::thread sender([&] { client.send(all); });
    for (int i = 0; i < count; ++i) {
        CHECK(peers(success(client.read_reply())).size() == 200);
    }
    sender.join();
}

TEST_CASE("#89 pipelined refusals and scrapes and announces keep their places") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    client.send(first_request() + get("/nowhere") + get("/announce") + get(scrape_target(hash_a)) +
                request({.event = "stopped"}) + get(scrape_target(hash_a)) +
                "HEAD /scrape HTTP/1.1\r\n\r\n" + "BAD\r\n\r\n");
    CHECK(client.read_reply().body == first_body());
    CHECK(client.read_reply().status == 404);
    CHECK(refusal(client.read_reply()) == "malformed request: info_hash is missing");
    CHECK(success(client.read_reply()).at("files").dictionary().size() == 1);
    CHECK(counts(success(client.read_reply())) == Counts{});
    CHECK(success(client.read_reply()).at("files").dictionary().empty());
    CHECK(client.read_reply(ReplyBody::none).status == 200);
    CHECK(client.read_reply().status == 400);
    CHECK(client.ends_within(soon));
}

TEST_CASE("#90 a client that has finished sending is still answered") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    client.send(first_request());
    client.finish_sending();
    CHECK(client.read_reply().body == first_body());
    CHECK(client.ends_within(soon));
    TcpClient many(tracker.port());
    many.send(pipeline(50, 10'000));
    many.finish_sending();
    for (std::int64_t i = 1; i <= 50; ++i) {
        REQUIRE(counts(success(many.read_reply())) == Counts{0, 0, 1 + i});
    }
    CHECK(many.ends_within(soon));
}

TEST_CASE("#91 an announce counts even when its client resets the connection at once") {
    const Tracker tracker;
    constexpr std::uint32_t clients = 200;
    tracker.announce_many({.port = 1}, clients);
    for (std::uint32_t port = 1; port <= clients; ++port) {
        TcpClient client(tracker.port());
        const linger reset{1, 0};
        ::setsockopt(client.native_handle(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        client.send(request({.port = port, .event = "stopped"}));
    }
    const auto deadline = std::chrono::steady_clock::now() + soon;
    while (tracker.scraped(hash_a) != Counts{} && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#98 the body is sent as it is whatever encodings are wanted") {
    const Tracker tracker;
    for (const char* header :
         {"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: gzip;q=0\r\n",
          "Accept-Encoding: identity;q=0\r\n", "Accept-Encoding: deflate, gzip, br, zstd\r\n"}) {
        CAPTURE(header);
        const HttpReply reply = tracker.send(get(target({}), header));
        CHECK(reply.body == first_body());
        CHECK_FALSE(reply.header("Content-Encoding").has_value());
    }
}

TEST_CASE("an idle connection is closed after the idle time") {
    const Tracker tracker(R"("http": {"idle_timeout": "1s"})");
    TcpClient client(tracker.port());
    client.send(first_request());
    CHECK(client.read_reply().body == first_body());
    CHECK(client.ends_within(soon));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
