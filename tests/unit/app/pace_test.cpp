#include "core/app/pace.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

namespace chihaya::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A worker that hands on a batch, waits as it is told, and does so again: announces a second.
std::uint64_t speed(Pace& pace, std::uint64_t batch, milliseconds turn) {
    PaceKeeper::Steady::time_point now{};
    PaceKeeper keeper(pace, 0, now);
    std::uint64_t announces = 0;
    constexpr seconds watched{20};
    while (now < PaceKeeper::Steady::time_point(watched)) {
        announces += batch;
        now += turn;
        now += keeper.pause(announces, now);
    }
    return announces / watched.count();
}

}  // namespace

TEST_SUITE_BEGIN("pace");

TEST_CASE("without a pace nobody waits") {
    Pace pace;
    CHECK(speed(pace, 100, milliseconds(1)) == 100'000);
}

TEST_CASE("whoever is slower than the pace does not wait") {
    Pace pace;
    pace.set(20'000);
    CHECK(speed(pace, 10, milliseconds(1)) == 10'000);
}

TEST_CASE("whoever is faster is kept to the pace, whatever the size of its batches") {
    for (const std::uint64_t batch : {5U, 60U, 300U}) {
        CAPTURE(batch);
        Pace pace;
        pace.set(10'000);
        const std::uint64_t kept = speed(pace, batch, milliseconds(0));
        CHECK(kept > 9'500);
        CHECK(kept < 10'500);
    }
}

TEST_CASE("nobody waits for longer than a client hardly notices, and old debts are forgiven") {
    Pace pace;
    pace.set(10);
    PaceKeeper::Steady::time_point now{};
    PaceKeeper keeper(pace, 0, now);
    CHECK(keeper.pause(1'000'000, now) == limits::carry_pause_max);
    now += limits::carry_pause_max;
    CHECK(keeper.pause(1'000'000, now) == milliseconds(0));
}

TEST_CASE("who was idle for long may not hand on at once what it could have meanwhile") {
    Pace pace;
    pace.set(1000);
    PaceKeeper::Steady::time_point now{};
    PaceKeeper keeper(pace, 0, now);
    now += seconds(100);
    CHECK(keeper.pause(0, now) == milliseconds(0));
    CHECK(keeper.pause(45, now) == milliseconds(40));
}

TEST_SUITE_END();

}  // namespace chihaya::app
