#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>

namespace chihaya::test {
namespace {

struct Probe {
    void count() noexcept { ++calls; }
    void ready(Readiness with) noexcept { readiness = with; }

    int calls = 0;
    Readiness readiness = Readiness::none;
};

}  // namespace

TEST_SUITE_BEGIN("the host, as the fake keeps its promises");

TEST_CASE("a task never runs inside the call that asked for it") {
    FakeClock clock;
    FakeHost host(clock);
    Probe probe;
    host.post(Task::to<&Probe::count>(probe));
    host.start_timer(std::chrono::seconds(0), Task::to<&Probe::count>(probe));
    CHECK(probe.calls == 0);
    host.turn();
    CHECK(probe.calls == 2);
}

TEST_CASE("a timer runs once, not before its time, and not after it was cancelled") {
    FakeClock clock;
    FakeHost host(clock);
    Probe probe;
    host.start_timer(std::chrono::seconds(2), Task::to<&Probe::count>(probe));
    host.cancel_timer(host.start_timer(std::chrono::seconds(2), Task::to<&Probe::count>(probe)));
    host.let_pass(std::chrono::seconds(1));
    CHECK(probe.calls == 0);
    host.let_pass(std::chrono::seconds(5));
    CHECK(probe.calls == 1);
}

TEST_CASE("a watched socket reports what it is ready for, until it is unwatched") {
    FakeClock clock;
    FakeHost host(clock);
    Probe probe;
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const WatchId watch =
        host.watch(pipe[0], Readiness::readable, SocketTask::to<&Probe::ready>(probe));
    host.turn();
    CHECK(probe.readiness == Readiness::none);
    REQUIRE(::write(pipe[1], "x", 1) == 1);
    host.turn();
    CHECK(probe.readiness == Readiness::readable);

    probe.readiness = Readiness::none;
    host.unwatch(watch);
    host.turn();
    CHECK(probe.readiness == Readiness::none);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST_CASE("after forget, nothing about the subject runs") {
    FakeClock clock;
    FakeHost host(clock);
    Probe probe;
    Probe other;
    host.post(Task::to<&Probe::count>(probe));
    host.post(Task::to<&Probe::count>(other));
    host.start_timer(std::chrono::seconds(0), Task::to<&Probe::count>(probe));
    host.forget(&probe);
    host.turn();
    CHECK(probe.calls == 0);
    CHECK(other.calls == 1);
    CHECK(host.idle());
}

TEST_CASE("time stands still within a turn, however much the clock has moved") {
    FakeClock clock;
    FakeHost host(clock);
    const Time before = host.now();
    clock.advance(std::chrono::seconds(5));
    CHECK(host.now() == before);
    host.turn();
    CHECK(host.now() == before + std::chrono::seconds(5));
}

TEST_SUITE_END();

}  // namespace chihaya::test
