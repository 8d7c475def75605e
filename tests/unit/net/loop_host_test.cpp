#include "core/net/loop_host.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chihaya::net {
namespace {

using std::chrono::milliseconds;

struct Probe {
    void count() noexcept { ++calls; }
    void ready(Readiness with) noexcept {
        readiness = with;
        ++calls;
    }

    int calls = 0;
    Readiness readiness = Readiness::none;
};

/// A host on a loop of its own, and what it logs.
struct Fixture {
    std::vector<std::string> lines;
    Log log{[this](Severity, const std::string& line) {
        lines.push_back(line);
    }};
    Clock clock;
    WorkerLoop loop{clock};
    LoopHost host{loop, log, "plugin test"};

    /// Turns until `done`, however long that takes: the test's time limit is the bound.
    template <class Done>
    void until(Done done) {
        while (!done()) {
            loop.turn(false);
        }
    }
};

}  // namespace

TEST_SUITE_BEGIN("loop host");

TEST_CASE("a task never runs inside the call that asked for it") {
    Fixture test;
    Probe probe;
    REQUIRE(test.host.post(Task::to<&Probe::count>(probe)));
    test.host.start_timer(milliseconds(0), Task::to<&Probe::count>(probe));
    CHECK(probe.calls == 0);
    test.until([&] { return probe.calls == 2; });
    CHECK(test.host.idle());
}

TEST_CASE("a timer runs once, not before its time, and not after it was cancelled") {
    Fixture test;
    Probe probe;
    Probe cancelled;
    const auto start = std::chrono::steady_clock::now();
    test.host.start_timer(milliseconds(20), Task::to<&Probe::count>(probe));
    test.host.cancel_timer(
        test.host.start_timer(milliseconds(1), Task::to<&Probe::count>(cancelled)));
    test.until([&] { return probe.calls == 1; });
    CHECK(std::chrono::steady_clock::now() - start >= milliseconds(20));
    CHECK(cancelled.calls == 0);
    CHECK(test.host.idle());
}

TEST_CASE("tasks posted from other threads run in the order of posting of each") {
    Fixture test;
    struct Order {
        void first() noexcept { text += 'a'; }
        void second() noexcept { text += 'b'; }
        std::string text;
    } order;
    std::thread poster([&] {
        test.host.post(Task::to<&Order::first>(order));
        test.host.post(Task::to<&Order::second>(order));
    });
    poster.join();
    test.until([&] { return order.text.size() == 2; });
    CHECK(order.text == "ab");
}

TEST_CASE("a watched socket is reported in every turn in which it is ready, until unwatched") {
    Fixture test;
    Probe probe;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const WatchId watch =
        test.host.watch(ends[0], Readiness::readable, SocketTask::to<&Probe::ready>(probe));
    REQUIRE(watch != WatchId::none);
    test.loop.turn(false);
    CHECK(probe.calls == 0);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    test.until([&] { return probe.calls >= 3; });  // nobody read: level-triggered
    CHECK(probe.readiness == Readiness::readable);

    test.host.unwatch(watch);
    const int before = probe.calls;
    for (int i = 0; i < 20; ++i) {
        test.loop.turn(false);
    }
    CHECK(probe.calls == before);
    CHECK(test.host.idle());
    CHECK(::write(ends[1], "x", 1) == 1);  // unwatching did not close it
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("a changed interest is the one that counts") {
    Fixture test;
    Probe probe;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const WatchId watch =
        test.host.watch(ends[1], Readiness::none, SocketTask::to<&Probe::ready>(probe));
    test.loop.turn(false);
    CHECK(probe.calls == 0);
    test.host.change_watch(watch, Readiness::writable);
    test.until([&] { return probe.calls > 0; });
    CHECK(probe.readiness == Readiness::writable);
    test.host.unwatch(watch);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("a hang-up is reported as readable and writable") {
    Fixture test;
    Probe probe;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const WatchId watch =
        test.host.watch(ends[0], Readiness::readable, SocketTask::to<&Probe::ready>(probe));
    ::close(ends[1]);
    test.until([&] { return probe.calls > 0; });
    CHECK(has(probe.readiness, Readiness::readable | Readiness::writable));
    test.host.unwatch(watch);
    ::close(ends[0]);
}

TEST_CASE("after forget, nothing about the subject runs") {
    Fixture test;
    Probe probe;
    Probe other;
    test.host.post(Task::to<&Probe::count>(probe));
    test.host.post(Task::to<&Probe::count>(other));
    test.host.start_timer(milliseconds(0), Task::to<&Probe::count>(probe));
    test.host.forget(&probe);
    test.until([&] { return other.calls == 1; });
    CHECK(probe.calls == 0);
    CHECK(test.host.idle());
}

TEST_CASE("a host that is gone is not called by what it had asked for") {
    Fixture test;
    Probe probe;
    {
        LoopHost host(test.loop, test.log, "plugin gone");
        host.post(Task::to<&Probe::count>(probe));
        host.start_timer(milliseconds(0), Task::to<&Probe::count>(probe));
    }
    for (int i = 0; i < 20; ++i) {
        test.loop.turn(false);
    }
    CHECK(probe.calls == 0);
}

TEST_CASE("above ten lines a second a plugin's lines are dropped, and counted later") {
    Fixture test;
    const std::string_view counted = " suppressed=";
    std::size_t called = 0;
    std::size_t found = std::string::npos;
    while (found == std::string::npos) {  // until the next second
        test.host.log(Severity::info, "again");
        ++called;
        found = test.lines.back().find(counted);
    }
    CHECK(test.lines.size() > 10);
    CHECK(test.lines[0].ends_with("info plugin test: again"));
    CHECK(std::stoul(test.lines.back().substr(found + counted.size())) ==
          called - test.lines.size());
}

TEST_SUITE_END();

}  // namespace chihaya::net
