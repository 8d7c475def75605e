// One Redis that fails in every way that a process can, under announces.

#include "tests/redis_program/steady.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

TEST_SUITE_BEGIN("Redis fails");

namespace chihaya::test {
namespace {

constexpr std::uint32_t known_before = 200;

std::string kept(const Node& node) {
    return "peers known before " + std::to_string(known_before) + ", after " +
           std::to_string(node.scraped(hash_a).complete);
}

/// What every fault has in common: nobody is left without a reply, or waits long.
void check(const Sum& sum) {
    CHECK(sum.answered > 0);
    CHECK(sum.silent == 0);
    CHECK(sum.strange == 0);
    CHECK(sum.longest < longest_wait);
}

}  // namespace

TEST_CASE("Redis killed and started empty: clients are refused at once, and served again") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    redis.kill();
    clients.wait_for(Outcome::refused, 100);
    redis.start();
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(sum.refused > 0);
    CHECK(node.scraped(hash_a) == Counts{});
    CHECK(node.scraped(hash_b).incomplete >= 100);
    MESSAGE(line_of("Redis killed (-9), started again empty", sum, kept(node)));
}

TEST_CASE("Redis killed and started with its append-only file: nothing is lost") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    redis.kill();
    clients.wait_for(Outcome::refused, 100);
    redis.start();
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(node.scraped(hash_a) == Counts{known_before, 0, 0});
    MESSAGE(line_of("Redis killed (-9), started again with its AOF", sum, kept(node)));
}

TEST_CASE("Redis stands still for three seconds: nobody waits much longer than the timeout") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    redis.pause();
    std::this_thread::sleep_for(std::chrono::seconds(3));
    redis.resume();
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(sum.refused > 0);
    CHECK(node.scraped(hash_a) == Counts{known_before, 0, 0});
    MESSAGE(line_of("Redis stopped (SIGSTOP) for 3 s", sum, kept(node)));
}

TEST_CASE("a connection that Redis cuts under load costs the announces in flight at most") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    std::this_thread::sleep_for(std::chrono::seconds(6));  // until it counts as a good one
    redis.command({"CLIENT", "KILL", "TYPE", "normal"});
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(sum.refused <= 4);  // of two clients, and of the turn in which it is noticed
    CHECK(node.scraped(hash_a) == Counts{known_before, 0, 0});
    MESSAGE(line_of("connection cut (CLIENT KILL)", sum, kept(node)));
}

TEST_CASE("connections that Redis cuts again and again are made anew ever later") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    auto back = Seen::Clock::now();
    for (int i = 0; i < 5; ++i) {
        redis.command({"CLIENT", "KILL", "TYPE", "normal"});
        back = Seen::Clock::now();
        clients.wait_for_more(Outcome::answered, 20);
    }
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(node.scraped(hash_a) == Counts{known_before, 0, 0});
    MESSAGE(line_of("connection cut (CLIENT KILL) five times in a row", sum, kept(node)));
}

TEST_CASE("scripts that Redis forgets under load are loaded again without a failure") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    redis.command({"SCRIPT", "FLUSH"});
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(sum.refused == 0);
    CHECK(node.scraped(hash_a) == Counts{known_before, 0, 0});
    MESSAGE(line_of("scripts flushed (SCRIPT FLUSH)", sum, kept(node)));
}

TEST_CASE("the page check says what is wrong while Redis is away, and that it is well again") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    const Node node(params_of(redis));
    CHECK(node.ready().body == "READY\n");
    redis.pause();
    wait_until("it is noticed", [&] { return node.ready().status == 503; });
    CHECK(node.ready().body == "tracker driver redis: redis does not answer\n");
    CHECK(node.manage("GET", "/stats").status == 200);
    redis.resume();
    wait_until("it is well again", [&] { return node.ready().body == "READY\n"; });
    redis.kill();
    wait_until("it is noticed", [&] { return node.ready().status == 503; });
    CHECK(node.ready().body == "tracker driver redis: redis is not connected\n");
    CHECK(node.manage("GET", "/stats").status == 200);
    redis.start();
    wait_until("it is well again", [&] { return node.ready().body == "READY\n"; });
    CHECK(node.ready().status == 200);
}

TEST_CASE("twenty thousand announces while Redis is away leave nothing behind in memory") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    const Node node(params_of(redis));
    const auto ask_many = [&](std::uint32_t rounds) {
        constexpr std::uint32_t at_once = 50;
        std::size_t refused = 0;
        std::optional<TcpClient> client;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            if (round % 100 == 0) {  // a connection is good for so many requests only
                client.emplace(node.process().http_port());
            }
            std::string batch;
            for (std::uint32_t i = 0; i < at_once; ++i) {
                const std::uint32_t number = round * at_once + i;
                batch += request({.info_hash = numbered_hash(number), .port = 1024 + number});
            }
            client->send(batch);
            for (std::uint32_t i = 0; i < at_once; ++i) {
                refused += refusal(client->read_reply()).empty() ? 0U : 1U;
            }
        }
        return refused;
    };
    redis.kill();
    CHECK(ask_many(40) == 2'000);  // buffers are as large as they get
    const std::size_t before = node.resident();
    CHECK(ask_many(400) == 20'000);
    const std::size_t after = node.resident();
    constexpr std::size_t megabyte = std::size_t{1024} * 1024;
    CHECK(after < before + CHIHAYA_GROWTH_MAX_MB * megabyte);
    MESSAGE("20000 announces while Redis is away: " << before / 1024 << " kB before, "
                                                    << after / 1024 << " kB after");
    redis.start();
    node.wait_until_it_serves();
}

}  // namespace chihaya::test

TEST_SUITE_END();
