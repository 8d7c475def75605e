// Several trackers, one Redis: what one is told, the others know.

#include "tests/redis_program/node.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

TEST_SUITE_BEGIN("several trackers on one Redis");

namespace chihaya::test {
namespace {

/// Announces at `there` who `here` was told of, and takes it back again.
void meet(const Node& here, const Node& there, std::string_view info_hash) {
    here.wait_until_it_serves();
    there.wait_until_it_serves();
    here.announce({.info_hash = info_hash, .port = 1001, .left = 0});
    CHECK(peers(there.announce({.info_hash = info_hash, .peer_id = transmission, .port = 1002})) ==
          std::set{compact("127.0.0.1", 1001)});
    CHECK(there.handed_udp(
              {.info_hash = info_hash, .peer_id = "-UD0001-0123456789ah", .port = 1003}) ==
          std::set{compact("127.0.0.1", 1001), compact("127.0.0.1", 1002)});
    CHECK(here.scraped(info_hash) == Counts{1, 0, 2});
    CHECK(there.scraped(info_hash) == Counts{1, 0, 2});

    // One snatch, wherever it is said, and said again.
    there.announce({.info_hash = info_hash,
                    .peer_id = transmission,
                    .port = 1002,
                    .left = 0,
                    .event = "completed"});
    here.announce({.info_hash = info_hash,
                   .peer_id = transmission,
                   .port = 1002,
                   .left = 0,
                   .event = "completed"});
    CHECK(here.scraped(info_hash) == Counts{2, 1, 1});
    CHECK(there.scraped(info_hash) == Counts{2, 1, 1});

    there.announce({.info_hash = info_hash, .port = 1001, .left = 0, .event = "stopped"});
    CHECK(here.scraped(info_hash) == Counts{1, 1, 1});
    CHECK(peers(here.announce(
              {.info_hash = info_hash, .peer_id = "-UD0001-0123456789ah", .port = 1003})) ==
          std::set{compact("127.0.0.1", 1002)});
}

}  // namespace

TEST_CASE(
    "a peer announced on one tracker is handed out by the other, and a stop is a leave on both") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    const Node here(params_of(redis));
    const Node there(params_of(redis));
    meet(here, there, hash_a);
    meet(there, here, hash_b);
}

TEST_CASE("three trackers on three nodes of a Cluster share all swarms") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3);
    const std::string params = params_of(cluster);
    const std::array<Node, 3> nodes{Node(params), Node(params), Node(params)};
    for (std::uint32_t i = 0; i < 12; ++i) {
        CAPTURE(i);
        meet(nodes[i % 3], nodes[(i + 1) % 3], numbered_hash(i));
        CHECK(nodes[(i + 2) % 3].scraped(numbered_hash(i)) == Counts{1, 1, 1});
    }
    for (std::size_t i = 0; i < cluster.size(); ++i) {
        CHECK(cluster.node(i).command({"DBSIZE"}) != "0");
    }
}

TEST_CASE("a registry that Redis has lost is put back by one of the trackers that know it") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    const std::string members = R"("private": true, "whitelist": true)";
    const std::array<Node, 2> nodes{Node(params_of(redis), members),
                                    Node(params_of(redis), members)};
    const std::string path = "/aaaaaaaaaaaaaaaa";
    const auto is_served = [&](const Node& node) {
        const auto reply = bencode::parse(node.ask({}, path).body);
        return reply && reply->has("peers");
    };
    const auto put = [&](const std::string& page, const std::string& body) {
        CHECK(nodes[0].manage("PUT", page, body).status == 200);
    };
    put("/torrents/" + hex(hash_a), R"({"id": 1})");
    put("/users" + path, R"({"id": 1, "passkey": "aaaaaaaaaaaaaaaa"})");
    put("/clients/qB4650", "");
    wait_until("both serve", [&] { return is_served(nodes[0]) && is_served(nodes[1]); });

    redis.restart();
    wait_until("it is back", [&] {
        return redis.ask({"HLEN", "chihaya:{registry}:users"}) == "1" &&
               redis.ask({"HLEN", "chihaya:{registry}:clients"}) == "1";
    });
    wait_until("both serve", [&] { return is_served(nodes[0]) && is_served(nodes[1]); });
    const Node newcomer(params_of(redis), members);
    wait_until("a new tracker serves", [&] { return is_served(newcomer); });

    // And it is one registry again: what one erases nobody serves.
    wait_until("it can be changed",
               [&] { return nodes[1].manage("DELETE", "/users" + path).status == 200; });
    for (const Node* const node : {&nodes[0], &nodes[1], &newcomer}) {
        wait_until("he is unknown", [&] {
            return !is_served(*node) && refusal(node->ask({}, path)) == "user does not exist";
        });
    }
    const auto has_put_back = [](const Node& node) {
        return node.process().log().find("putting back what is known here") != std::string::npos;
    };
    CHECK(has_put_back(nodes[0]) != has_put_back(nodes[1]));
}

}  // namespace chihaya::test

TEST_SUITE_END();
