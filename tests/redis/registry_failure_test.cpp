#include "tests/redis/registry_node.hpp"
#include "tests/redis/registry_records.hpp"
#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_sentinel.hpp"

#include <doctest/doctest.h>

#include <atomic>

TEST_SUITE_BEGIN("the registry when Redis fails");

namespace chihaya::redis::test {
namespace {

using chihaya::test::lacks_redis;
using chihaya::test::RedisCluster;
using chihaya::test::RedisSentinel;
using chihaya::test::RedisServer;
using chihaya::test::wait_until;

std::string impatient(const RedisServer& redis) {
    return R"({"url": "redis://)" + redis.address() + R"(", "timeout": "300ms"})";
}

/// Puts until Redis takes it.
void put_at_last(Node& node, std::span<const UserRecord> users) {
    wait_until("redis takes a put", [&] { return node.store.put_users(users).ok(); });
}

}  // namespace

TEST_CASE("connections that are cut lose no change") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    Node there(url_of(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    for (std::uint64_t id = 1; id <= 3; ++id) {
        redis.command({"CLIENT", "KILL", "TYPE", "normal"});
        put_at_last(there, one(user(id, "again")));
    }
    here.wait_for("put_users 3=again");
    CHECK(here.sink.user_count() == 3);
    CHECK(here.sink.lapses() == 0);
}

TEST_CASE("a server that stands still for a while fails writes, and loses no change") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(impatient(redis));
    Node there(impatient(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(there.store.put_users(one(two_users[0])).ok());
    here.wait_for("put_users 7=seven");
    redis.pause();
    CHECK(there.store.put_users(one(two_users[1])).code == StatusCode::unavailable);
    CHECK(there.store.load(there.sink).code == StatusCode::unavailable);
    redis.resume();
    put_at_last(there, one(user(9, "nine")));
    here.wait_for("put_users 9=nine");
    CHECK(here.sink.lapses() == 0);
}

TEST_CASE("a server started again with its data is a lapse, and the load after it is whole") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
    Node here(impatient(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(here.store.put_users(two_users).ok());
    redis.kill();
    CHECK(here.store.put_users(one(user(9, "nine"))).code == StatusCode::unavailable);
    redis.start();
    here.wait_for_lapse();
    Recorder loaded;
    wait_until("a load", [&] { return here.store.load(loaded).ok(); });
    CHECK(loaded.user_count() == 2);
    put_at_last(here, one(user(9, "nine")));
    here.wait_for("put_users 9=nine");
}

TEST_CASE("of those that know a registry that Redis has lost, one is told to put it back") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    Node here(impatient(redis));
    Node there(impatient(redis));
    for (Node* const node : {&here, &there}) {
        REQUIRE(node->store.follow(node->sink).ok());
        REQUIRE(node->store.load(node->sink).ok());
    }
    REQUIRE(here.store.put_users(two_users).ok());
    here.wait_for("put_users 7=seven 8=eight");
    there.wait_for("put_users 7=seven 8=eight");
    redis.restart();
    here.wait_for_lapse();
    there.wait_for_lapse();
    Recorder loaded;
    wait_until("a load", [&] { return here.store.load(loaded).code == StatusCode::lost; });
    wait_until("a load", [&] {
        return std::string(there.store.load(loaded).reason) ==
               "another tracker puts the registry back";
    });
    CHECK(here.log.lines_of(Severity::error) == 1);
    CHECK(loaded.user_count() == 0);

    put_at_last(here, two_users);
    CHECK(there.store.load(loaded).code == StatusCode::unavailable);
    CHECK(here.store.load(loaded).ok());
    CHECK(there.store.load(loaded).ok());
    there.wait_for("put_users 7=seven 8=eight");

    Node newcomer(impatient(redis));
    CHECK(newcomer.store.load(newcomer.sink).ok());
    CHECK(newcomer.sink.user_count() == 2);
}

TEST_CASE("what was put back in part, or into a Redis that lost it again, is put back anew") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    Node here(impatient(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(here.store.load(here.sink).ok());
    REQUIRE(here.store.put_users(two_users).ok());
    here.wait_for("put_users 7=seven 8=eight");
    const auto is_lost = [&] {
        return here.store.load(here.sink).code == StatusCode::lost;
    };
    redis.restart();
    wait_until("a load", is_lost);
    put_at_last(here, one(two_users[0]));
    redis.restart();
    wait_until("a load", is_lost);
    redis.pause();
    CHECK(here.store.put_users(one(two_users[0])).code == StatusCode::unavailable);
    redis.resume();
    wait_until("a load", is_lost);
    put_at_last(here, two_users);
    CHECK(here.store.load(here.sink).ok());
    CHECK(here.store.load(here.sink).ok());
}

TEST_CASE("a tracker that has not loaded yet takes the registry that is there") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    Node here(impatient(redis));
    REQUIRE(here.store.put_users(two_users).ok());
    redis.restart();
    wait_until("a load", [&] { return here.store.load(here.sink).ok(); });
    CHECK(here.sink.user_count() == 0);
}

TEST_CASE("what was trimmed from the feed before it was read is a lapse") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    Node there(url_of(redis));
    std::atomic<bool> is_held{true};
    std::atomic<bool> has_begun{false};
    here.sink.while_called = [&] {
        has_begun = true;
        wait_until("it may go on", [&] { return !is_held; });
    };
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(there.store.put_users(one(user(1, "one"))).ok());
    wait_until("the feed is held up", [&] { return has_begun.load(); });
    REQUIRE(there.store.put_users(one(user(2, "two"))).ok());
    REQUIRE(there.store.put_users(one(user(3, "three"))).ok());
    redis.command({"XTRIM", "chihaya:{registry}:feed", "MAXLEN", "1"});
    is_held = false;
    here.wait_for_lapse();
    REQUIRE(there.store.put_users(one(user(4, "four"))).ok());
    here.wait_for("put_users 4=four");
    CHECK(here.sink.lapses() == 1);
    CHECK_FALSE(here.sink.has("put_users 2=two"));
}

TEST_CASE("a registry that begins anew without a restart is a lapse") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(here.store.put_users(two_users).ok());
    here.wait_for("put_users 7=seven 8=eight");
    redis.command({"FLUSHALL"});
    REQUIRE(here.store.put_users(one(user(9, "nine"))).ok());
    here.wait_for_lapse();
}

TEST_CASE("following may begin while Redis is away, with a lapse once it is there") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    Node here(impatient(redis));
    Node there(impatient(redis));
    redis.kill();
    REQUIRE(here.store.follow(here.sink).ok());
    CHECK(here.store.load(here.sink).code == StatusCode::unavailable);
    CHECK(here.sink.lapses() == 0);
    redis.start();
    here.wait_for_lapse();
    put_at_last(there, two_users);
    here.wait_for("put_users 7=seven 8=eight");
    CHECK(here.store.load(here.sink).ok());
}

TEST_CASE("a load that fails is asked for again when Redis answers") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(impatient(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    redis.pause();
    CHECK(here.store.load(here.sink).code == StatusCode::unavailable);
    redis.resume();
    here.wait_for_lapse();
    CHECK(here.store.load(here.sink).ok());
}

TEST_CASE("the end of following does not wait for a server that stands still") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    redis.pause();
    here.store.unfollow();
    redis.resume();
    CHECK(here.sink.calls().empty());
}

TEST_CASE("on a Cluster the feed goes on where the registry's slot moves to") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3);
    std::string urls;
    for (std::size_t i = 0; i < cluster.size(); ++i) {
        urls += (i == 0 ? "\"redis://" : ", \"redis://") + cluster.node(i).address() + '"';
    }
    const std::string json = R"({"mode": "cluster", "url": [)" + urls + "]}";
    Node here(json);
    Node there(json);
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(there.store.put_users(two_users).ok());
    here.wait_for("put_users 7=seven 8=eight");

    const std::uint16_t slot = cluster.slot_of("chihaya:{registry}:feed");
    const std::size_t to = (cluster.owner_of(slot) + 1) % cluster.size();
    cluster.begin_migration(slot, to);
    cluster.move_keys(slot, to);
    put_at_last(there, one(user(9, "nine")));
    cluster.end_migration(slot, to);
    put_at_last(there, one(user(10, "ten")));
    wait_until("nothing is missing there",
               [&] { return here.sink.lapses() > 0 || here.sink.user_count() == 4; });
    Recorder loaded;
    wait_until("a load", [&] { return here.store.load(loaded).ok(); });
    CHECK(loaded.user_count() == 4);
    put_at_last(there, one(user(11, "eleven")));
    here.wait_for("put_users 11=eleven");
}

TEST_CASE("another master is a lapse, and what it has is what a load shows") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel redis;
    std::string urls;
    for (std::size_t i = 0; i < RedisSentinel::sentinel_count; ++i) {
        urls += (i == 0 ? "\"redis://" : ", \"redis://") + redis.sentinel(i).address() + '"';
    }
    Node here(R"({"mode": "sentinel", "master": "tracker", "timeout": "300ms", "url": [)" + urls +
              "]}");
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(here.store.put_users(two_users).ok());
    wait_until("the replica has it", [&] {
        return redis.server(1).ask({"HGET", "chihaya:{registry}:head", "changes"}) == "1";
    });
    redis.fail_over();
    here.wait_for_lapse();
    put_at_last(here, one(user(9, "nine")));
    here.wait_for("put_users 9=nine");
    Recorder loaded;
    wait_until("a load", [&] { return here.store.load(loaded).ok(); });
    CHECK(loaded.user_count() == 3);
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
