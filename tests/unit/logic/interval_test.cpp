#include "core/logic/interval.hpp"

#include <doctest/doctest.h>

#include <set>

namespace chihaya::logic {

TEST_SUITE_BEGIN("interval");

TEST_CASE("without jitter every client is told the same") {
    Policy policy;
    policy.interval_jitter = 0;
    Random random;
    const Intervals intervals(policy);
    for (int i = 0; i < 100; ++i) {
        CHECK(intervals.next(random).interval == 1800);
    }
}

TEST_CASE("jitter of five per cent spreads over the whole range and never beyond") {
    const Policy policy;
    Random random;
    const Intervals intervals(policy);
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 20'000; ++i) {
        seen.insert(intervals.next(random).interval);
    }
    CHECK(*seen.begin() == 1710);
    CHECK(*seen.rbegin() == 1890);
    CHECK(seen.size() == 181);
}

TEST_CASE("an interval is never below the least one, and varied above it all the same") {
    Policy policy;
    policy.interval = std::chrono::minutes(10);
    policy.min_interval = std::chrono::minutes(10);
    Random random;
    const Intervals intervals(policy);
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 5'000; ++i) {
        seen.insert(intervals.next(random).interval);
    }
    CHECK(*seen.begin() == 600);
    CHECK(*seen.rbegin() == 630);
    CHECK(seen.size() == 31);
}

TEST_CASE("an interval is never below a second") {
    Policy policy;
    policy.interval = std::chrono::seconds(0);
    policy.interval_jitter = 0.5;
    Random random;
    const Intervals intervals(policy);
    for (int i = 0; i < 100; ++i) {
        CHECK(intervals.next(random).interval >= 1);
    }
}

TEST_CASE(
    "what a site sets counts from the next reply on: its interval, at least, plus its jitter") {
    IntervalSetting setting;
    Policy policy;
    policy.interval_setting = &setting;
    Random random;
    const Intervals intervals(policy);
    CHECK(intervals.next(random).min_interval == 900);
    CHECK(intervals.interval() == 1800);
    CHECK(intervals.jitter() == 90);
    setting.write({.interval = 2000, .jitter = 3});
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 1'000; ++i) {
        const auto told = intervals.next(random);
        seen.insert(told.interval);
        CHECK(told.min_interval == 2000);
    }
    CHECK(seen == std::set<std::uint32_t>{2000, 2001, 2002, 2003});
    CHECK(intervals.interval() == 2000);
    CHECK(intervals.min_interval() == 2000);
    CHECK(intervals.jitter() == 3);
    setting.write({.interval = 5, .jitter = 0});
    CHECK(intervals.next(random).interval == 5);
}

TEST_SUITE_END();

}  // namespace chihaya::logic
