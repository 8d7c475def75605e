#include "tests/redis/worker.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("a store on one server");

namespace chihaya::redis::test {
namespace {

using chihaya::test::lacks_redis;
using chihaya::test::RedisServer;

std::string url(const RedisServer& server, const std::string& account = {},
                const std::string& rest = {}) {
    return R"({"url": "redis://)" + account + server.address() + "\"" + rest + "}";
}

}  // namespace

TEST_CASE("commands are answered in the order they were sent") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server));
    CHECK_FALSE(worker.store().is_ready());
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"SET", "k", "1"}) == "+OK");
    for (int i = 0; i < 100; ++i) {
        worker.add("k", 1);
    }
    const std::uint32_t last = worker.add("k", 1);
    CHECK(worker.answers().count() == 1);
    CHECK(worker.wait_for(last) == "102");
    CHECK(worker.answers().count() == 102);
    for (std::uint32_t i = 1; i <= last; ++i) {
        CHECK(worker.answers().of(i) == std::to_string(i + 1));
    }
    CHECK(worker.ask("k", {"HGET", "k", "f"}).starts_with("-WRONGTYPE"));
    CHECK(server.command({"CLIENT", "LIST"}).find("name=chihaya") != std::string::npos);
    worker.destroy_store();
    CHECK(worker.host().idle());
    CHECK(worker.host().lines().empty());
}

TEST_CASE("a user, a password and a database are what they must be") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server({.password = "general"});
    server.command({"ACL", "SETUSER", "tracker", "on", ">secret", "~*", "+@all"});
    Worker by_password(url(server, ":general@"));
    by_password.wait_until_ready();
    CHECK(by_password.ask("k", {"SET", "k", "0"}) == "+OK");
    Worker by_user(url(server, "tracker:secret@", R"(, "database": 3)"));
    by_user.wait_until_ready();
    CHECK(by_user.ask("k", {"ACL", "WHOAMI"}) == "'tracker'");
    CHECK(by_user.ask("k", {"GET", "k"}) == "nil");

    Worker wrong(url(server, "tracker:wrong@"));
    wrong.turn_until([&] { return !wrong.host().lines().empty(); }, "a line");
    CHECK(wrong.host().lines().front() ==
          server.address() +
              ": not connected: AUTH: WRONGPASS invalid username-password pair or "
              "user is disabled.; trying again until it is there");
    CHECK_FALSE(wrong.store().is_ready());
    Worker none(url(server));
    none.turn_until([&] { return !none.host().lines().empty(); }, "a line");
    CHECK(none.host().lines().front().find("NOAUTH") != std::string::npos);
}

TEST_CASE("a unix socket and a name are as good as an address") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker local(R"({"url": "unix://)" + server.unix_socket().string() + "?db=1\"}");
    local.wait_until_ready();
    CHECK(local.ask("k", {"SET", "k", "1"}) == "+OK");
    Worker named(R"({"host": "localhost", "port": ")" + std::to_string(server.port()) + "\"}");
    named.wait_until_ready();
    CHECK(named.ask("k", {"GET", "k"}) == "nil");
}

TEST_CASE("a server that has forgotten the scripts is given them again") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server));
    worker.wait_until_ready();
    for (int round = 1; round <= 3; ++round) {
        server.command({"SCRIPT", "FLUSH"});
        for (int i = 0; i < 50; ++i) {
            worker.add("k", 1);
        }
        CHECK(worker.wait_for(worker.add("k", 1)) == std::to_string(round * 51));
        CHECK(worker.host().lines().size() == static_cast<std::size_t>(round));
    }
    CHECK(worker.answers().failures() == 0);
    worker.destroy_store();
    CHECK(worker.host().idle());
}

TEST_CASE("a good connection that is cut is made anew at once, and what is sent meanwhile waits") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server));
    worker.wait_until_ready();
    worker.turn(std::chrono::seconds(6));
    const auto cut = [&] {
        server.command({"CLIENT", "KILL", "TYPE", "normal"});
        worker.turn_until([&] { return !worker.store().is_ready(); }, "its end");
        worker.turn();
        return worker.ask("k", {"PING"});
    };
    CHECK(cut() == "+PONG");
    CHECK(cut() == "failed: redis is not connected");  // it has not been good for long
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"PING"}) == "+PONG");
}

TEST_CASE("when the server dies all fails at once, and recovers by itself when it is back") {
    if (lacks_redis()) {
        return;
    }
    RedisServer server;
    Worker worker(url(server));
    worker.wait_until_ready();
    server.pause();
    const std::uint32_t first = worker.add("k", 1);
    worker.store().flush();
    const std::uint32_t second = worker.add("k", 1);
    worker.turn();
    CHECK(worker.answers().count() == 0);
    server.kill();
    CHECK(worker.wait_for(second) == "failed: the connection to redis was lost");
    CHECK(worker.answers().of(first) == "failed: the connection to redis was lost");
    CHECK_FALSE(worker.store().is_ready());

    const std::uint32_t third = worker.add("k", 1);
    CHECK_FALSE(worker.answers().has(third));
    worker.turn();
    CHECK(worker.answers().of(third) == "failed: redis is not connected");

    for (int i = 0; i < 300; ++i) {
        worker.turn(std::chrono::milliseconds(1));
    }
    CHECK(worker.host().lines().size() == 1);
    server.start();
    worker.wait_until_ready();
    CHECK(worker.wait_for(worker.add("k", 1)) == "1");
    REQUIRE(worker.host().lines().size() == 2);
    CHECK(worker.host().lines()[0].starts_with(server.address() + ": connection lost: "));
    CHECK(worker.host().lines()[1] == server.address() + ": connected again");
}

TEST_CASE("a server that is not there at first is found when it is") {
    if (lacks_redis()) {
        return;
    }
    RedisServer server;
    server.kill();
    Worker worker(url(server));
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    CHECK(worker.host().lines().front() == server.address() +
                                               ": not connected: Connection refused; trying again "
                                               "until it is there");
    server.start();
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"PING"}) == "+PONG");
}

TEST_CASE("the queue is bounded") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server, "", R"(, "queue": 16)"));
    worker.wait_until_ready();
    for (int i = 0; i < 16; ++i) {
        worker.add("k", 1);
    }
    const std::uint32_t late = worker.add("k", 1);
    CHECK(worker.wait_for(late) == "failed: the queue to redis is full");
    CHECK(worker.wait_for(15) == "16");
    CHECK(worker.wait_for(worker.add("k", 1)) == "17");
}

TEST_CASE("a server that does not answer fails its commands after the timeout") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server, "", R"(, "timeout": "200ms")"));
    worker.wait_until_ready();
    server.command({"CLIENT", "PAUSE", "1000", "ALL"});
    const std::uint32_t first = worker.add("k", 1);
    CHECK(worker.wait_for(first) == "failed: the connection to redis was lost");
    CHECK(worker.host().lines().front() ==
          server.address() +
              ": connection lost: no reply within 200 ms; trying again until it is there");
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"PING"}) == "+PONG");
}

TEST_CASE("a server that became a replica is left, and a replica is none to begin with") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer master;
    const RedisServer server;
    Worker worker(url(server));
    worker.wait_until_ready();
    server.command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
    CHECK(worker.ask("k", {"SET", "k", "1"}) == "failed: redis is no master");
    worker.turn_until(
        [&] {
            return worker.host().lines().back().find("it is no master but a slave") !=
                   std::string::npos;
        },
        "a line");
    CHECK_FALSE(worker.store().is_ready());
    server.command({"REPLICAOF", "NO", "ONE"});
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"SET", "k", "1"}) == "+OK");
}

TEST_CASE("a server that is still loading is not ready") {
    if (lacks_redis()) {
        return;
    }
    RedisServer server({.arguments = {"--key-load-delay", "500", "--enable-debug-command", "yes",
                                      "--loading-process-events-interval-bytes", "1024"}});
    server.command({"DEBUG", "POPULATE", "1000"});
    server.command({"SAVE"});
    server.kill();
    std::vector<std::string> lines;
    std::jthread other([&] {
        Worker worker(url(server));
        worker.wait_until_ready();
        lines = worker.host().lines();
    });
    server.start();
    other.join();
    const bool said_so = std::ranges::any_of(lines, [](const std::string& line) {
        return line.find("SCRIPT LOAD: LOADING") != std::string::npos;
    });
    REQUIRE(said_so);
    CHECK(lines.back() == server.address() + ": connected again");
}

TEST_CASE("what is outstanding when a store ends has failed") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer server;
    Worker worker(url(server));
    const std::uint32_t early = worker.add("k", 1);
    worker.destroy_store();
    CHECK(worker.answers().of(early) == "failed: the connection to redis was closed");

    Worker other(url(server));
    other.wait_until_ready();
    const std::uint32_t sent = other.add("k", 1);
    other.store().flush();
    const std::uint32_t queued = other.add("k", 1);
    other.destroy_store();
    CHECK(other.answers().of(sent) == "failed: the connection to redis was closed");
    CHECK(other.answers().of(queued) == "failed: the connection to redis was closed");
    CHECK(other.host().idle());
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
