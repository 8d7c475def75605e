#include "tests/redis/registry_node.hpp"
#include "tests/redis/registry_records.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <chrono>

TEST_SUITE_BEGIN("the registry in Redis");

namespace chihaya::redis::test {
namespace {

using chihaya::test::lacks_redis;
using chihaya::test::RedisServer;
using chihaya::test::wait_until;

}  // namespace

TEST_CASE("a change of one tracker reaches all, its own included, in the order of the commits") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    Node there(url_of(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(there.store.follow(there.sink).ok());

    REQUIRE(here.store.put_users(two_users).ok());
    REQUIRE(there.store.put_torrents(one(torrent)).ok());
    REQUIRE(here.store.put_clients(one(client)).ok());
    REQUIRE(there.store.put_tokens(one(token)).ok());
    REQUIRE(here.store.erase_tokens(one(token)).ok());
    REQUIRE(there.store.erase_clients(one(client.prefix)).ok());
    REQUIRE(here.store.erase_torrents(one(erasure(1, "Dupe"))).ok());
    REQUIRE(there.store.erase_users(one(UserId{8})).ok());

    const std::vector<std::string> expected{
        "put_users 7=seven 8=eight", "put_torrents 1",    "put_clients -TR",       "put_tokens 7/1",
        "erase_tokens 7/1",          "erase_clients -TR", "erase_torrents 1=Dupe", "erase_users 8"};
    for (Node* const node : {&here, &there}) {
        node->wait_for("erase_users 8");
        CHECK(node->sink.calls() == expected);
        CHECK(node->sink.lapses() == 0);
    }
}

TEST_CASE("a load shows everything that was put and not erased") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    const auto users = many_users(3000);
    const std::vector<UserId> gone{UserId{1}, UserId{3000}};
    REQUIRE(here.store.put_users(users).ok());
    REQUIRE(here.store.put_torrents(one(torrent)).ok());
    REQUIRE(here.store.put_clients(one(client)).ok());
    REQUIRE(here.store.put_tokens(one(token)).ok());
    REQUIRE(here.store.erase_users(gone).ok());
    REQUIRE(here.store.erase_users(gone).ok());  // not there any more, and that is fine

    Node there(url_of(redis));
    REQUIRE(there.store.load(there.sink).ok());
    CHECK(there.sink.user_count() == 2998);
    CHECK(there.sink.users().at(2999).passkey == users[2998].passkey);
    CHECK(there.sink.torrents().at(torrent.info_hash.bytes).up_multiplier == 0.5);
    CHECK(there.sink.torrents().at(torrent.info_hash.bytes).snatches == 9);
    CHECK(there.sink.has("put_clients -TR"));
    CHECK(there.sink.has("put_tokens 7/1"));
    CHECK(there.log.lines().empty());
}

TEST_CASE("a load stops at the first thing the sink does not take") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.put_users(two_users).ok());
    REQUIRE(here.store.put_torrents(one(torrent)).ok());
    here.sink.answer = {StatusCode::unavailable, "enough"};
    CHECK(std::string(here.store.load(here.sink).reason) == "enough");
    CHECK(here.sink.calls().size() == 1);
}

TEST_CASE("what is no record is skipped, and told of once") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.put_users(two_users).ok());
    redis.command({"HSET", "chihaya:{registry}:users", "short", "x"});
    redis.command({"HSET", "chihaya:{registry}:users", "12345678", std::string(53, '\2')});
    redis.command({"HSET", "chihaya:{registry}:users", std::string(9, 'k'), std::string(52, '\1')});
    REQUIRE(here.store.load(here.sink).ok());
    CHECK(here.sink.user_count() == 2);
    CHECK(here.log.lines() ==
          std::vector<std::string>{"chihaya:{registry}:users: found records that are none of "
                                   "version 1, accepted are those alone; they are skipped: let all "
                                   "trackers be of the same release, or put them again"});
}

TEST_CASE("nonsense in the feed is skipped") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.put_users(two_users).ok());
    REQUIRE(here.store.follow(here.sink).ok());
    const std::string epoch = redis.command({"HGET", "chihaya:{registry}:head", "epoch"});
    const auto add = [&](const std::string& kind, const std::string& data) {
        const std::string number =
            redis.command({"HINCRBY", "chihaya:{registry}:head", "changes", "1"});
        redis.command({"XADD", "chihaya:{registry}:feed", "*", "n", epoch + '-' + number, "k", kind,
                       "d", data});
    };
    add("U", "not a user");
    add("?", "");
    add("", "");
    add("u", std::string("\0\0\0\0\0\0\0\7\1??", 11));
    REQUIRE(here.store.erase_users(one(UserId{8})).ok());
    here.wait_for("erase_users 8");
    CHECK(here.sink.calls() == std::vector<std::string>{"erase_users 7", "erase_users 8"});
    CHECK(here.log.lines_of(Severity::warning) == 1);
    CHECK(here.sink.lapses() == 0);
}

TEST_CASE("nothing is passed on while a load runs, and it follows afterwards") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    Node there(url_of(redis));
    REQUIRE(here.store.put_torrents(one(torrent)).ok());
    REQUIRE(here.store.follow(here.sink).ok());

    bool is_quiet = true;
    Recorder loads;
    loads.while_called = [&] {  // another tracker puts users while this one is shown a torrent
        CHECK(there.store.put_users(two_users).ok());
        wait_until("the feed has had time", [&, rounds = 0]() mutable {
            is_quiet = is_quiet && here.sink.calls().empty();
            return ++rounds > 25;
        });
    };
    REQUIRE(here.store.load(loads).ok());
    CHECK(is_quiet);
    here.wait_for("put_users 7=seven 8=eight");
}

TEST_CASE("after unfollow nothing is passed on, and follow begins again at the end") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Node here(url_of(redis));
    REQUIRE(here.store.follow(here.sink).ok());
    here.store.unfollow();
    here.store.unfollow();
    REQUIRE(here.store.put_users(two_users).ok());
    REQUIRE(here.store.follow(here.sink).ok());
    REQUIRE(here.store.erase_users(one(UserId{7})).ok());
    here.wait_for("erase_users 7");
    CHECK(here.sink.calls() == std::vector<std::string>{"erase_users 7"});
}

TEST_CASE("200 000 users are put, heard of by another tracker, and loaded") {
    if (lacks_redis()) {
        return;
    }
    using Clock = std::chrono::steady_clock;
    const auto milliseconds_since = [](Clock::time_point begin) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
    };
    const RedisServer redis;
    Node here(url_of(redis));
    Node there(url_of(redis));
    REQUIRE(there.store.follow(there.sink).ok());
    const auto users = many_users(200'000);
    const auto begin = Clock::now();
    REQUIRE(here.store.put_users(users).ok());
    MESSAGE("put: " << milliseconds_since(begin) << " ms");
    wait_until("all are known there", [&] { return there.sink.user_count() == users.size(); });
    MESSAGE("put and heard of: " << milliseconds_since(begin) << " ms");
    const auto loads = Clock::now();
    REQUIRE(here.store.load(here.sink).ok());
    MESSAGE("load: " << milliseconds_since(loads) << " ms");
    CHECK(here.sink.user_count() == users.size());
    CHECK(there.sink.lapses() == 0);
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
