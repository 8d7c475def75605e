// Trackers that start while Redis is away.

#include "tests/redis_program/steady.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_SUITE_BEGIN("Redis is away at the start");

namespace chihaya::test {
namespace {

constexpr const char* away = "the tracker is temporarily unavailable";
constexpr const char* passkey = "aaaaaaaaaaaaaaaa";

std::string said(const Node& node, const Announce& announce, const std::string& path = "") {
    const HttpReply reply = node.ask(announce, path);
    CHECK(reply.body.find("retry in") != std::string::npos);
    return refusal(reply);
}

bool is_served(const Node& node, const Announce& announce, const std::string& path = "") {
    const auto reply = bencode::parse(node.ask(announce, path).body);
    return reply && reply->has("peers");
}

RedisOptions lasting() {
    return {.arguments = {"--appendonly", "yes", "--appendfsync", "always"}};
}

}  // namespace

TEST_CASE("a tracker starts without Redis, and serves when that comes") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    redis.kill();
    Node node(params_of(redis));
    CHECK(said(node, {}) == away);
    CHECK(node.ready().status == 503);
    redis.start();
    const auto back = Seen::Clock::now();
    wait_until("it is served", [&] { return is_served(node, {}); });
    const auto waited = std::chrono::ceil<std::chrono::milliseconds>(Seen::Clock::now() - back);
    MESSAGE("failure matrix | Redis away at the start | recovered after " << waited.count()
                                                                          << " ms");
    CHECK(node.scraped(hash_a) == Counts{0, 0, 1});
    wait_until("it is well", [&] { return node.ready().body == "READY\n"; });
    CHECK(node.process().stop() == 0);
}

TEST_CASE("with a client list nobody is unapproved before Redis is there, and some are after") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    redis.kill();
    const Node node(params_of(redis), R"("whitelist": true, "client_whitelist": ["-qB"])");
    CHECK(said(node, {}) == away);
    CHECK(said(node, {.peer_id = transmission}) == away);
    CHECK(node.manage("PUT", "/clients/TR4060").status == 503);
    redis.start();
    wait_until("it is served", [&] { return is_served(node, {}); });
    CHECK(refusal(node.ask({.peer_id = transmission})) == "client is not approved");
    CHECK(node.manage("PUT", "/clients/TR4060").status == 200);
    CHECK(is_served(node, {.peer_id = transmission}));
    CHECK(node.process().log().find("the registry is not here yet") != std::string::npos);
}

TEST_CASE("a private tracker that starts without Redis knows its users once that is there") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis(lasting());
    const std::string path = std::string("/") + passkey;
    {
        const Node first(params_of(redis), R"("private": true)");
        first.manage("PUT", "/torrents/" + hex(hash_a), R"({"id": 1})");
        first.manage("PUT", std::string("/users/") + passkey,
                     std::string(R"({"id": 1, "passkey": ")") + passkey + R"("})");
        wait_until("it is served", [&] { return is_served(first, {}, path); });
    }
    redis.kill();
    Node node(params_of(redis), R"("private": true)");
    CHECK(said(node, {}, path) == away);
    CHECK(said(node, {}, "/bbbbbbbbbbbbbbbb") == away);
    redis.start();
    wait_until("it is served", [&] { return is_served(node, {}, path); });
    wait_until("others are not",
               [&] { return refusal(node.ask({}, "/bbbbbbbbbbbbbbbb")) == "user does not exist"; });
    CHECK(refusal(node.ask({.info_hash = hash_b}, path)) == "torrent does not exist");
    CHECK(node.process().stop() == 0);
}

TEST_CASE("a tracker that has never seen Redis ends when it is told to") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    redis.kill();
    Node node(params_of(redis));
    CHECK(node.process().stop() == 0);
}

}  // namespace chihaya::test

TEST_SUITE_END();
