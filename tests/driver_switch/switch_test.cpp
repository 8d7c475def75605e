#include "tests/driver_switch/clients.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

std::string params_of(const RedisServer& redis) {
    return R"({"url": "redis://)" + redis.address() + R"("})";
}

/// A machine that has much else to do may hold announces for too long: then nothing has happened,
/// and it is tried again.
app::Switched change(World& world, const std::string& name, const std::string& params = "{}") {
    constexpr int tries = 10;
    for (int i = 1;; ++i) {
        const auto switched = world.change_to(name, params);
        if (switched.has_value()) {
            return *switched;
        }
        REQUIRE_MESSAGE(i < tries, switched.error().text);
    }
}

void check_swarms(World& world, const Clients& clients) {
    const auto model = clients.swarms();
    for (const auto& [number, swarm] : model) {
        CAPTURE(number);
        CHECK(world.read(swarm_of(number)) == swarm);
    }
}

}  // namespace

TEST_SUITE_BEGIN("driver switch");

TEST_CASE("a public tracker's swarms are the same on redis and back, and no announce fails") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    World world;
    Clients clients(world, false);
    clients.wait_for(2000);
    for (const auto& [name, params] :
         {std::pair<std::string, std::string>{"redis", params_of(redis)}, {"memory", "{}"}}) {
        const app::Switched switched = change(world, name, params);
        CHECK(switched.swarms > 0);
        CHECK(switched.passes > 1);
        clients.wait_for(1000);
    }
    clients.stop();
    CHECK(clients.failed() == 0);
    check_swarms(world, clients);
}

TEST_CASE("right after each change the swarms are as the clients made them") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    World world;
    for (const auto& [name, params] :
         {std::pair<std::string, std::string>{"redis", params_of(redis)}, {"memory", "{}"}}) {
        Clients clients(world, false);
        clients.wait_for(500);
        change(world, name, params);
        clients.stop();
        CHECK(clients.failed() == 0);
        for (const auto& [number, swarm] : clients.swarms()) {
            CAPTURE(number);
            for (const auto& [port, is_seeder] : swarm.peers) {
                CHECK(world.read(swarm_of(number)).peers.at(port) == is_seeder);
            }
        }
    }
}

TEST_CASE("a private tracker's books are exact across both changes, and its registry is the same") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    World world({.is_private = true});
    Clients clients(world, true);
    clients.wait_for(1000);
    const auto sizes = world.roster().sizes();
    change(world, "redis", params_of(redis));
    clients.wait_for(1000);
    CHECK(world.shared_copy().users.size() == sizes.users);
    CHECK(world.shared_copy().torrents == sizes.torrents);
    change(world, "memory");
    clients.wait_for(1000);
    clients.stop();
    CHECK(clients.failed() == 0);
    CHECK(world.roster().sizes().users == sizes.users);
    CHECK(world.roster().sizes().torrents == sizes.torrents);
    check_swarms(world, clients);
    const auto model = clients.credits();
    const auto books = world.books().credits();
    for (const auto& [account, credit] : model) {
        CAPTURE(account.first);
        CHECK(books.at(account) == credit);
    }
}

TEST_CASE("a redis that is down changes nothing, and the operator is told why") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    redis.kill();
    World world;
    Clients clients(world, false);
    clients.wait_for(500);
    const auto switched = world.change_to("redis", params_of(redis));
    REQUIRE(switched.has_error());
    CHECK(switched.error().text ==
          "tracker.driver: cannot change over to 'redis': redis is not connected; the tracker goes "
          "on with the driver that it has");
    clients.wait_for(500);
    clients.stop();
    CHECK(clients.failed() == 0);
    check_swarms(world, clients);
}

TEST_CASE("wrong parameters change nothing") {
    World world;
    const auto switched = world.change_to("redis", R"({"url": 7})");
    REQUIRE(switched.has_error());
    CHECK(switched.error().text.find("refused to start") != std::string::npos);
    change(world, "memory");
}

TEST_CASE("whoever ends a change gets the tracker as it was") {
    World world;
    world.driver_switch().end();
    Clients clients(world, false);
    clients.wait_for(200);
    const auto switched = world.change_to("memory");
    REQUIRE(switched.has_error());
    CHECK(switched.error().text.find("given up") != std::string::npos);
    clients.wait_for(200);
    clients.stop();
    CHECK(clients.failed() == 0);
    check_swarms(world, clients);
}

TEST_SUITE_END();

}  // namespace chihaya::test
