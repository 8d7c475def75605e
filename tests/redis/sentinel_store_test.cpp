#include "tests/redis/worker.hpp"
#include "tests/support/redis_sentinel.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("a store that Sentinels lead to");

namespace chihaya::redis::test {
namespace {

using chihaya::test::lacks_redis;
using chihaya::test::RedisSentinel;
using chihaya::test::RedisServer;

std::string urls(RedisSentinel& sentinels, const std::string& rest) {
    std::string list;
    for (std::size_t i = 0; i < RedisSentinel::sentinel_count; ++i) {
        list += (i == 0 ? "\"" : ", \"") + ("redis://" + sentinels.sentinel(i).address() + "\"");
    }
    return R"({"mode": "sentinel", "url": [)" + list + "]" + rest + "}";
}

/// Does `worker` speak with `server`? Sentinel may end the connection once more.
bool serves(Worker& worker, const RedisServer& server) {
    return worker.ask("k", {"CONFIG", "GET", "port"}) ==
           "['port' '" + std::to_string(server.port()) + "' ]";
}

}  // namespace

TEST_CASE("the master is found, and found again after it has died") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel sentinels;
    sentinels.sentinel(0).kill();  // the first that is asked
    Worker worker(urls(sentinels, R"(, "master": "tracker")"));
    worker.wait_until_ready();
    CHECK(worker.wait_for(worker.add("k", 1)) == "1");
    RedisServer& first = sentinels.master();
    CHECK(first.ask({"GET", "k"}) == "1");
    sentinels.sentinel(0).start();
    sentinels.wait_until_settled();

    first.kill();
    CHECK(worker.ask("k", {"PING"}) == "failed: the connection to redis was lost");
    CHECK(worker.ask("k", {"PING"}) == "failed: redis is not connected");
    sentinels.wait_for_other_master(first);
    worker.turn_until([&] { return serves(worker, sentinels.master()); }, "the new master");
    CHECK(&sentinels.master() != &first);
    CHECK(worker.host().lines().front().starts_with(first.address() + ": connection lost: "));
    CHECK(worker.host().lines().back() == sentinels.master().address() + ": connected again");
    worker.destroy_store();
    CHECK(worker.host().idle());
}

TEST_CASE("a master that is made a replica is left for the new one") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel sentinels;
    Worker worker(urls(sentinels, R"(, "master": "tracker")"));
    worker.wait_until_ready();
    RedisServer& first = sentinels.master();
    sentinels.fail_over();
    CHECK(&sentinels.master() != &first);
    worker.turn_until([&] { return serves(worker, sentinels.master()); }, "the new master");
    CHECK(worker.ask("k", {"SET", "k", "1"}) == "+OK");
}

TEST_CASE("the password is the master's, not the sentinels'") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel sentinels(1, {.password = "secret"});
    Worker worker(urls(sentinels, R"(, "master": "tracker", "password": "secret")"));
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"SET", "k", "1"}) == "+OK");
    Worker stranger(urls(sentinels, R"(, "master": "tracker")"));
    stranger.turn_until([&] { return !stranger.host().lines().empty(); }, "a line");
    CHECK(stranger.host().lines().front().find("NOAUTH") != std::string::npos);
}

TEST_CASE("a master that no sentinel knows is an error, said once") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel sentinels;
    Worker worker(urls(sentinels, R"(, "master": "other")"));
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    for (int i = 0; i < 300; ++i) {
        worker.turn();
    }
    REQUIRE(worker.host().lines().size() == 1);
    CHECK(worker.host().lines().front() == "no sentinel knows the master \"other\" (last " +
                                               sentinels.sentinel(2).address() +
                                               ": does not know it); asking again until one does");
    CHECK(worker.ask("k", {"PING"}) == "failed: redis is not connected");
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
