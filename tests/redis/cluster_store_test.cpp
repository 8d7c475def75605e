#include "tests/redis/worker.hpp"
#include "tests/support/redis_cluster.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_SUITE_BEGIN("a store on a Cluster");

namespace chihaya::redis::test {
namespace {

using chihaya::test::lacks_redis;
using chihaya::test::RedisCluster;

/// The parameters that name one node.
std::string url(RedisCluster& cluster, std::size_t node = 0, const std::string& rest = {}) {
    return R"({"mode": "cluster", "url": "redis://)" + cluster.node(node).address() + "\"" + rest +
           "}";
}

/// A key for each of the masters, by its index.
std::vector<std::string> keys_of(RedisCluster& cluster, std::size_t masters) {
    std::vector<std::string> keys(masters);
    std::size_t found = 0;
    for (int i = 0; found < masters; ++i) {
        const std::string key = "k" + std::to_string(i);
        std::string& place = keys[cluster.owner_of(slot_of(key))];
        if (place.empty()) {
            ++found;
        }
        place = key;
    }
    return keys;
}

/// Until a slot's commands are carried out again; others may fail meanwhile.
void wait_until_served(Worker& worker, const std::string& key) {
    worker.turn_until([&] { return worker.ask(key, {"SET", key, "0"}) == "+OK"; }, "service");
}

}  // namespace

TEST_CASE("each command goes to the node that has its slot") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const auto keys = keys_of(cluster, 3);
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
        CHECK(worker.wait_for(worker.add(key, 7)) == "7");
    }
    CHECK(worker.store().masters().size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(cluster.node(i).ask({"GET", keys[i]}) == "7");
        CHECK(cluster.node(i).command({"INFO", "commandstats"}).find("cmdstat_asking") ==
              std::string::npos);
    }
    worker.destroy_store();
    CHECK(worker.host().idle());
}

TEST_CASE("commands that come before it is known who has which slot are not refused") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    const auto keys = keys_of(cluster, 3);
    Worker worker(url(cluster));
    CHECK_FALSE(worker.store().is_ready());
    for (const std::string& key : keys) {
        worker.add(key, 7);
    }
    worker.turn_until([&] { return worker.answers().count() == keys.size(); }, "answers");
    CHECK(worker.answers().failures() == 0);
}

TEST_CASE("commands follow a slot while it moves, and after") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const std::string key = keys_of(cluster, 3)[0];
    const std::uint16_t slot = slot_of(key);
    wait_until_served(worker, key);
    int sum = 0;
    const auto add_some = [&] {
        for (int i = 0; i < 20; ++i) {
            worker.add(key, 1);
        }
        sum += 21;
        CHECK(worker.wait_for(worker.add(key, 1)) == std::to_string(sum));
    };
    add_some();
    cluster.begin_migration(slot, 1);
    add_some();
    cluster.move_keys(slot, 1);
    add_some();  // ASK
    cluster.end_migration(slot, 1);
    add_some();  // MOVED
    add_some();
    CHECK(worker.answers().failures() == 0);
    CHECK(cluster.node(1).ask({"GET", key}) == std::to_string(sum));
    CHECK(cluster.node(1).command({"INFO", "commandstats"}).find("cmdstat_asking") !=
          std::string::npos);
}

TEST_CASE("a script is loaded where a slot has moved to") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const auto keys = keys_of(cluster, 3);
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
    }
    cluster.node(1).command({"SCRIPT", "FLUSH"});
    cluster.migrate(slot_of(keys[0]), 1);
    CHECK(worker.wait_for(worker.add(keys[0], 3)) == "3");
}

TEST_CASE("a dead node fails its slots' commands at once, and no others") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3, 0, {.arguments = {"--cluster-require-full-coverage", "no"}});
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const auto keys = keys_of(cluster, 3);
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
    }
    cluster.node(2).kill();
    const std::uint32_t lost = worker.add(keys[2], 1);
    CHECK(worker.wait_for(lost) == "failed: the connection to redis was lost");
    const std::uint32_t refused = worker.add(keys[2], 1);
    worker.turn();
    worker.turn();
    CHECK(worker.answers().of(refused).starts_with("failed: "));
    for (int i = 1; i <= 20; ++i) {
        CHECK(worker.wait_for(worker.add(keys[0], 1)) == std::to_string(i));
        CHECK(worker.wait_for(worker.add(keys[1], 1)) == std::to_string(i));
    }
    CHECK(worker.store().is_ready());
    cluster.node(2).start();
    wait_until_served(worker, keys[2]);
    CHECK(worker.wait_for(worker.add(keys[2], 5)) == "5");
}

TEST_CASE("a Cluster that is down fails what it is sent, until it is up") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const auto keys = keys_of(cluster, 3);
    wait_until_served(worker, keys[0]);
    cluster.node(2).kill();
    worker.turn_until(
        [&] {
            return worker.ask(keys[0], {"GET", keys[0]}) == "failed: redis cluster is down";
        },
        "the end of the Cluster");
    cluster.node(2).start();
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
    }
}

TEST_CASE("a replica that takes a dead master's place is found") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3, 3);
    Worker worker(url(cluster));
    worker.wait_until_ready();
    const auto keys = keys_of(cluster, 3);
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
    }
    const std::size_t seed = 0;
    cluster.node(seed).kill();
    wait_until_served(worker, keys[seed]);
    for (const std::string& key : keys) {
        wait_until_served(worker, key);
    }
    CHECK(worker.store().masters().size() == 3);
    worker.destroy_store();
    CHECK(worker.host().idle());
}

TEST_CASE("a server that is no Cluster is said to be none") {
    if (lacks_redis()) {
        return;
    }
    const chihaya::test::RedisServer server;
    Worker worker(R"({"mode": "cluster", "url": "redis://)" + server.address() + "\"}");
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    CHECK(worker.host().lines().front() ==
          server.address() +
              ": found no slots of a Cluster (ERR This instance has cluster support disabled), "
              "accepted is a node of one; set tracker.params.mode to what it is");
    CHECK_FALSE(worker.store().is_ready());
    CHECK(worker.ask("k", {"PING"}) == "failed: redis is not connected");
}

TEST_CASE("a node of a Cluster is no server of its own") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster;
    Worker worker(R"({"url": "redis://)" + cluster.node(0).address() + "\"}");
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"GET", keys_of(cluster, 3)[1]}) == "failed: redis is a cluster");
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    CHECK(worker.host().lines().front().find("set tracker.params.mode to \"cluster\"") !=
          std::string::npos);
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
