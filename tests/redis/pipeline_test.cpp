#include "plugins/redis/pipeline.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>

TEST_SUITE_BEGIN("a pipeline");

namespace chihaya::redis::test {
namespace {

bool add(Pipeline& pipeline, std::string_view command, std::uint32_t ticket,
         Purpose purpose = Purpose::command) {
    return pipeline.add({.command = command, .ticket = ticket}, purpose, 0);
}

}  // namespace

TEST_CASE("what goes in comes out in order, with its bytes, however it is sent") {
    std::minstd_rand random(7);
    Pipeline pipeline(1000);
    std::deque<std::string> waiting;
    std::string unsent;
    std::uint32_t added = 0;
    std::uint32_t answered = 0;
    for (int step = 0; step < 20'000; ++step) {
        const bool fills = (step / 1000) % 2 == 0;
        if (random() % 3 != 0 ? fills : !fills) {
            const std::string command(1 + random() % 400, static_cast<char>('a' + added % 26));
            REQUIRE(add(pipeline, command, added++) == (waiting.size() < 1000));
            if (waiting.size() < 1000) {
                waiting.push_back(command);
                unsent += command;
            } else {
                --added;
            }
        }
        REQUIRE(pipeline.unsent() == unsent);
        const std::size_t sent = unsent.empty() ? 0 : random() % (unsent.size() + 1);
        pipeline.count_sent(sent);
        unsent.erase(0, sent);
        if (pipeline.oldest_is_sent() && random() % 2 == 0) {
            REQUIRE(pipeline.oldest().ticket == answered++);
            REQUIRE(pipeline.oldest_command() == waiting.front());
            pipeline.pop();
            waiting.pop_front();
        }
        REQUIRE(pipeline.count() == waiting.size());
    }
}

TEST_CASE("what is given up is not sent any more") {
    Pipeline pipeline(10);
    REQUIRE(add(pipeline, "first", 1));
    REQUIRE(add(pipeline, "second", 2));
    CHECK_FALSE(pipeline.oldest_is_sent());
    pipeline.pop();
    CHECK(pipeline.unsent() == "second");
    pipeline.count_sent(3);
    pipeline.pop();
    CHECK(pipeline.unsent().empty());
    CHECK(pipeline.empty());
}

TEST_CASE("only commands are bounded, and they by their bytes, too") {
    Pipeline pipeline(2);
    CHECK(add(pipeline, "a", 1));
    CHECK(add(pipeline, "b", 2));
    CHECK_FALSE(add(pipeline, "c", 3));
    CHECK(add(pipeline, "d", 0, Purpose::script_load));
    Pipeline large(1000);
    const std::string command(20'000'000, 'x');
    CHECK(add(large, command, 1));
    CHECK(add(large, command, 2));
    CHECK(add(large, command, 3));
    CHECK_FALSE(add(large, command, 4));
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
