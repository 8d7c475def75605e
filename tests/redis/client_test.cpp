#include "plugins/redis/client.hpp"

#include "tests/redis/worker.hpp"
#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <thread>

TEST_SUITE_BEGIN("a client that waits");

namespace chihaya::redis::test {
namespace {

using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using chihaya::test::lacks_redis;
using chihaya::test::RedisServer;

/// A client and its log.
struct Cold {
    explicit Cold(const std::string& json) : client(log, parameters_of(json), {&script, 1}) {}

    std::string call(std::string_view key, const std::vector<std::string>& words,
                     std::chrono::milliseconds patience = {}) {
        const Reply* reply = nullptr;
        const Status status = client.call(slot_of(key), bytes(words), reply, patience);
        return status.ok() ? text_of(*reply) : std::string("failed: ") + status.reason;
    }
    std::string_view bytes(const std::vector<std::string>& words) {
        command.begin(words.size());
        for (const std::string& word : words) {
            command.add(word);
        }
        return command.bytes();
    }

    FakeClock clock;
    FakeHost log{clock};
    std::string sha1 = sha1_of(adding);
    Script script{adding, sha1};
    Command command;
    Client client;
};

std::string url(const RedisServer& server) {
    return R"({"url": "redis://)" + server.address() + "\"}";
}

}  // namespace

TEST_CASE("a call returns the reply") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Cold cold(url(server));
    CHECK(cold.call("k", {"SET", "k", "v"}) == "+OK");
    CHECK(cold.call("k", {"MGET", "k", "l"}) == "['v' nil ]");
    server.command({"SCRIPT", "FLUSH"});
    CHECK(cold.call("n", {"EVALSHA", cold.sha1, "1", "n", "5"}) == "5");
    CHECK(cold.call("k", {"INCR", "k"}) == "failed: redis refused a command");
    CHECK(cold.log.lines().back() == "INCR: ERR value is not an integer or out of range");
}

TEST_CASE("a pipeline's replies are shown in its order") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Cold cold(url(server));
    for (int i = 0; i < 3000; ++i) {
        cold.client.add(0, cold.bytes({"INCR", "k"}));
    }
    std::size_t shown = 0;
    const Status status = cold.client.run([&](std::size_t index, const Reply& reply) {
        CHECK(index == shown);
        CHECK(reply.integer() == static_cast<std::int64_t>(++shown));
    });
    CHECK(status.ok());
    CHECK(shown == 3000);
    CHECK(cold.client.run([&](std::size_t, const Reply&) { ++shown; }).ok());
    CHECK(shown == 3000);

    cold.client.add(0, cold.bytes({"SET", "t", "x"}));
    cold.client.add(0, cold.bytes({"INCR", "t"}));
    CHECK(cold.client.run([](std::size_t, const Reply&) {}).code == StatusCode::internal);
}

TEST_CASE("every master is visited") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Cold cold(url(server));
    int visits = 0;
    const Status status = cold.client.for_each_master([&](std::uint16_t slot) {
        ++visits;
        CHECK(slot == 0);
        return Status{};
    });
    CHECK(status.ok());
    CHECK(visits == 1);
}

TEST_CASE("a pipeline over a Cluster is in order, and every master of it is visited") {
    if (lacks_redis()) {
        return;
    }
    chihaya::test::RedisCluster cluster;
    Cold cold(R"({"mode": "cluster", "timeout": "10s", "url": "redis://)" +
              cluster.node(1).address() + "\"}");
    for (int i = 0; i < 500; ++i) {
        const std::string key = "k" + std::to_string(i);
        cold.client.add(slot_of(key), cold.bytes({"SET", key, "v"}));
        cold.client.add(slot_of(key), cold.bytes({"STRLEN", key}));
        cold.client.add(slot_of(key), cold.bytes({"ECHO", key}));
    }
    std::size_t shown = 0;
    const Status status = cold.client.run([&](std::size_t index, const Reply& reply) {
        if (index % 3 == 2) {
            CHECK(reply.text() == "k" + std::to_string(index / 3));
        }
        ++shown;
    });
    CHECK(status.ok());
    CHECK(shown == 1500);
    std::int64_t keys = 0;
    int masters = 0;
    const Status visited = cold.client.for_each_master([&](std::uint16_t slot) {
        const Reply* reply = nullptr;
        const Status called = cold.client.call(slot, cold.bytes({"DBSIZE"}), reply);
        keys += called.ok() ? reply->integer() : 0;
        ++masters;
        return called;
    });
    CHECK(visited.ok());
    CHECK(masters == 3);
    CHECK(keys == 500);
}

TEST_CASE("a call fails without a server, and succeeds when there is one") {
    if (lacks_redis()) {
        return;
    }
    RedisServer server;
    Cold cold(url(server));
    CHECK(cold.call("k", {"PING"}) == "+PONG");
    server.kill();
    CHECK(cold.call("k", {"PING"}, std::chrono::milliseconds(50)).starts_with("failed: "));
    server.start();
    CHECK(cold.call("k", {"PING"}, std::chrono::seconds(30)) == "+PONG");
    server.pause();
    CHECK(cold.call("k", {"PING"}, std::chrono::milliseconds(50)) ==
          "failed: redis does not answer");
    server.resume();
    CHECK(cold.call("k", {"PING"}, std::chrono::seconds(30)) == "+PONG");
}

TEST_CASE("a command may block longer than the timeout, and is stopped from another thread") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Cold cold(R"({"url": "redis://)" + server.address() + R"(", "timeout": "50ms"})");
    CHECK(cold.call("k", {"BLPOP", "k", "0.2"}, std::chrono::seconds(30)) == "nil");
    std::jthread stopper([&] {
        chihaya::test::wait_until("a blocked client", [&] {
            return server.command({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos;
        });
        cold.client.stop();
    });
    CHECK(cold.call("k", {"BLPOP", "k", "0"}, std::chrono::seconds(60)) == "failed: shutting down");
    CHECK(cold.call("k", {"PING"}) == "failed: shutting down");
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
