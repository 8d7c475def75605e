#include "core/net/worker_loop.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <thread>

namespace chihaya::net {
namespace {

struct Diary {
    void turn_ended() noexcept { text += '|'; }
    std::string text;
};

}  // namespace

TEST_SUITE_BEGIN("worker loop");

TEST_CASE("what asked for it runs once at the end of each turn, after everything that was ready") {
    const Clock clock;
    WorkerLoop loop(clock);
    Diary diary;
    loop.at_turn_end(Task::to<&Diary::turn_ended>(diary));
    boost::asio::post(loop.context(), [&] { diary.text += 'a'; });
    boost::asio::post(loop.context(), [&] { diary.text += 'b'; });
    loop.turn(false);
    CHECK(diary.text == "ab|");
    boost::asio::post(loop.context(), [&] { diary.text += 'c'; });
    loop.turn(false);
    CHECK(diary.text == "ab|c|");
}

TEST_CASE("a turn is bounded though work makes more work") {
    const Clock clock;
    WorkerLoop loop(clock);
    int runs = 0;
    std::function<void()> again = [&] {
        ++runs;
        boost::asio::post(loop.context(), again);
    };
    again();
    loop.turn(false);
    CHECK(runs > 1);
    CHECK(runs < 1'000);
}

TEST_CASE("time stands still within a turn and goes on with the next") {
    const Clock clock;
    WorkerLoop loop(clock);
    Time first{};
    Time second{};
    boost::asio::post(loop.context(), [&] {
        first = loop.now();
        while (clock.now() == first) {
        }
        second = loop.now();
    });
    loop.turn(true);
    CHECK(first == second);
    boost::asio::post(loop.context(), [&] { second = loop.now(); });
    loop.turn(true);
    CHECK(second > first);
}

TEST_CASE("a forgotten subject's turns end without it") {
    const Clock clock;
    WorkerLoop loop(clock);
    Diary diary;
    loop.at_turn_end(Task::to<&Diary::turn_ended>(diary));
    loop.forget_turn_end(&diary);
    loop.turn(false);
    CHECK(diary.text.empty());
}

TEST_CASE("stop ends a running loop from another thread") {
    const Clock clock;
    WorkerLoop loop(clock);
    std::thread runner([&] { loop.run(); });
    loop.stop();
    runner.join();
    CHECK(true);  // it came back
}

TEST_SUITE_END();

}  // namespace chihaya::net
