#include "tests/support/redis_server.hpp"

#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_sentinel.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

TEST_SUITE_BEGIN("Redis for tests");

namespace chihaya::test {

TEST_CASE("a server answers, forgets when it is killed, and comes back on its port") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis({.password = "secret"});
    CHECK(redis.command({"PING"}) == "PONG");
    redis.command({"RPUSH", "list", "a\r\nb", "c"});
    CHECK(redis.command({"LRANGE", "list", "0", "-1"}) == "a\r\nb\nc");
    CHECK(redis.ask({"GET", "list"}).starts_with("(error) WRONGTYPE"));
    CHECK(redis.command({"GET", "nothing"}).empty());
    CHECK(std::filesystem::is_socket(redis.unix_socket()));
    const auto port = redis.port();
    redis.restart();
    CHECK(redis.port() == port);
    CHECK(redis.command({"EXISTS", "list"}) == "0");
    redis.stop();
    CHECK_FALSE(redis.running());
}

TEST_CASE("a server that keeps a log of appends has its keys after it was killed") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
    redis.command({"SET", "key", "value"});
    redis.pause();
    redis.resume();
    redis.restart();
    CHECK(redis.command({"GET", "key"}) == "value");
}

TEST_CASE("a server that cannot start says why") {
    if (lacks_redis()) {
        return;
    }
    CHECK_THROWS_WITH_AS(RedisServer({.arguments = {"--nonsense", "1"}}),
                         doctest::Contains("nonsense"), std::runtime_error);
}

TEST_CASE("a slot of the cluster moves with its keys, and a replica takes over") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3, 1);
    const std::uint16_t slot = cluster.slot_of("key");  // 12539, the last master's
    REQUIRE(cluster.owner_of(slot) == 2);
    cluster.node(2).command({"SET", "key", "value"});
    CHECK(cluster.node(0).ask({"GET", "key"}).starts_with("(error) MOVED"));

    cluster.begin_migration(slot, 0);
    cluster.move_keys(slot, 0);
    CHECK(cluster.node(2).ask({"GET", "key"}).starts_with("(error) ASK"));
    cluster.end_migration(slot, 0);
    CHECK(cluster.node(0).command({"GET", "key"}) == "value");
    cluster.wait_until_ok();
    CHECK(cluster.node(1).ask({"GET", "key"}) ==
          "(error) MOVED " + std::to_string(slot) + ' ' + cluster.node(0).address());

    cluster.node(0).kill();
    wait_until("the replica has the slot", [&] {
        return cluster.node(3).ask({"GET", "key"}) == "value";
    });
    CHECK(cluster.owner_of(slot) == 3);
}

TEST_CASE("Sentinel makes another server the master when told") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel redis(2);
    REQUIRE(&redis.master() == &redis.server(0));
    redis.fail_over();
    CHECK(&redis.master() != &redis.server(0));
    CHECK(redis.master().command({"SET", "key", "value"}) == "OK");
}

TEST_CASE("Sentinel makes another server the master when the first dies") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel redis(2);
    RedisServer& first = redis.master();
    first.kill();
    redis.wait_for_other_master(first);
    CHECK(redis.master().command({"SET", "key", "value"}) == "OK");
}

}  // namespace chihaya::test
TEST_SUITE_END();
