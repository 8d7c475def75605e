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
        CHECK(intervals.next(random) == 1800);
    }
}

TEST_CASE("jitter of five per cent spreads over the whole range and never beyond") {
    const Policy policy;
    Random random;
    const Intervals intervals(policy);
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 20'000; ++i) {
        seen.insert(intervals.next(random));
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
        seen.insert(intervals.next(random));
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
        CHECK(intervals.next(random) >= 1);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::logic
