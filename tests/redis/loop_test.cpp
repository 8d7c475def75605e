#include "core/net/loop_host.hpp"
#include "tests/redis/worker.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("a store on the tracker's own loop");

namespace chihaya::redis::test {

TEST_CASE("commands are answered there, and again when the server is back") {
    if (chihaya::test::lacks_redis()) {
        return;
    }
    chihaya::test::RedisServer server;
    std::vector<std::string> lines;
    Log log([&](Severity, const std::string& line) { lines.push_back(line); });
    const Clock clock;
    net::WorkerLoop loop(clock);
    net::LoopHost host(loop, log, "plugin redis");
    const std::string sha1 = sha1_of(adding);
    const Script script{adding, sha1};
    auto store = make_store(
        host,
        parameters_of(R"({"url": "redis://localhost:)" + std::to_string(server.port()) + "\"}"),
        {&script, 1});
    Answers answers;
    Command command;
    command.begin(5).add("EVALSHA").add(sha1).add(std::int64_t{1}).add("k").add(std::int64_t{1});
    std::uint32_t ticket = 0;
    for (int round = 0; round < 3; ++round) {
        while (!store->is_ready()) {
            loop.turn(true);
        }
        for (int i = 0; i < 200; ++i) {
            store->send(slot_of("k"), command.bytes(), answers, ticket++);
        }
        store->flush();
        while (answers.count() < ticket) {
            loop.turn(true);
        }
        CHECK(answers.of(ticket - 1) == "200");
        CHECK(answers.failures() == 0);
        server.restart();
        while (store->is_ready()) {
            loop.turn(true);
        }
    }
    CHECK(lines.size() >= 5);  // lost and back, lost and back, lost
    store.reset();
    CHECK(host.idle());
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
