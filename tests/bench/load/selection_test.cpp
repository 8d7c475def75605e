#include "tests/bench/load/selection.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

TEST_SUITE_BEGIN("bench");

namespace chihaya::bench {
namespace {

constexpr std::uint32_t members = 1000;
constexpr std::uint32_t reply_size = 30;
constexpr std::uint64_t replies = 20'000;
constexpr double degrees = members - 1;

/// Uniform draws without replacement, never the announcer: what a perfect tracker gives.
SelectionTally ideal() {
    SelectionTally tally(members, false);
    std::vector<std::uint32_t> pool(members);
    std::iota(pool.begin(), pool.end(), 0);
    std::uint64_t random = 1;
    const auto draw = [&](std::uint32_t below) {
        random = mix(random);
        return static_cast<std::uint32_t>((random >> 32U) * below >> 32U);
    };
    for (std::uint64_t i = 0; i < replies; ++i) {
        const Asked asked{.swarm = 0, .peer = draw(members), .num_want = reply_size};
        std::vector<std::uint32_t> named;
        for (std::uint32_t at = 0; named.size() < reply_size; ++at) {
            std::swap(pool[at], pool[at + draw(members - at)]);
            if (pool[at] != asked.peer)
                named.push_back(pool[at]);
        }
        tally.note(asked, named);
    }
    return tally;
}

}  // namespace

TEST_CASE("independent draws have the chi-square of their degrees of freedom") {
    CHECK(std::abs(ideal().chi_square() - degrees) < 5 * std::sqrt(2 * degrees));
}

TEST_CASE("a tracker that favours one peer in ten is found out") {
    SelectionTally tally(members, false);
    for (std::uint64_t i = 0; i < replies; ++i) {
        const auto random = static_cast<std::uint32_t>(mix(i) % (members + members / 10));
        tally.note(Asked{.swarm = 0, .peer = 0}, std::vector{1 + random % (members - 1)});
    }
    CHECK(tally.chi_square() > degrees + 20 * std::sqrt(2 * degrees));
}

TEST_CASE("the overlap of replies is counted for each asker by itself") {
    SelectionTally tally(10, false);
    tally.note(Asked{.swarm = 0, .peer = 0}, std::vector<std::uint32_t>{1, 2, 3});
    tally.note(Asked{.swarm = 0, .peer = 1}, std::vector<std::uint32_t>{2, 3, 4});
    tally.note(Asked{.swarm = 0, .peer = 0}, std::vector<std::uint32_t>{3, 2, 9});
    const std::string json = tally.json();
    CHECK(json.find("\"pairs\": 1, \"overlap\": 2, \"overlap_expected\": 1, \"overlap_max\": 2") !=
          std::string::npos);
    CHECK(tally.never_given() == 5);
}

TEST_CASE("an announcer that alone has asked may be missing from all replies") {
    SelectionTally tally(4, false);
    tally.note(Asked{.swarm = 0, .peer = 0}, std::vector<std::uint32_t>{1, 2, 3});
    CHECK(tally.never_given() == 0);
    CHECK(SelectionTally(4, true).never_given() == 0);
}

}  // namespace chihaya::bench
