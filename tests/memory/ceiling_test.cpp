#include "tests/memory/kept_tracker.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("the memory driver's ceiling");

namespace chihaya::memory::test {
namespace {

constexpr std::uint32_t crowd = 60'000;
constexpr std::uint32_t in_a_swarm = 15;

TrackerSetup limited_to(double bytes) {
    TrackerSetup setup = setup_of(false);
    setup.memory_limit = static_cast<std::uint64_t>(bytes);
    return setup;
}

AnnounceRequest in_crowd(std::uint32_t number) {
    AnnounceRequest request = announce_of(number);
    request.info_hash = swarm_name(1 + number / in_a_swarm);
    return request;
}

AnnounceRequest in_own_swarm(std::uint32_t number) {
    AnnounceRequest request = announce_of(number);
    request.info_hash = swarm_name(1 + number);
    return request;
}

/// So many bytes a crowd takes.
double bytes_of_crowd() {
    KeptTracker tracker(setup_of(false), {});
    const double empty = tracker.metric("memory_bytes");
    for (std::uint32_t number = 0; number < crowd; ++number) {
        tracker.announce(in_crowd(number));
    }
    return tracker.metric("memory_bytes") - empty;
}

}  // namespace

TEST_CASE("above the limit those go first who have been silent for longest") {
    KeptTracker tracker(limited_to(bytes_of_crowd() * 0.7), {});
    for (std::uint32_t number = 0; number < crowd / 2; ++number) {
        tracker.announce(in_crowd(number));
    }
    tracker.let_pass(lifetime * 3 / 4);
    for (std::uint32_t number = crowd / 2; number < crowd; ++number) {
        tracker.announce(in_crowd(number));
    }
    tracker.run(seconds(60));
    CHECK(tracker.metric("evicted_peers") > crowd * 0.4);
    CHECK(tracker.metric("evicted_peers") <= crowd / 2);
    CHECK(tracker.metric("expired_peers") == 0);
    CHECK(tracker.metric("peers") == crowd - tracker.metric("evicted_peers"));
    CHECK(tracker.read(swarm_name(crowd / in_a_swarm)).peers.size() == in_a_swarm);
    CHECK(tracker.host().lines_of(Severity::warning) >= 1);
}

TEST_CASE("when all have announced lately, swarms are drawn by lot until it is enough") {
    const double limit = bytes_of_crowd() * 0.5;
    KeptTracker tracker(limited_to(limit), {});
    const double empty = tracker.metric("memory_bytes");
    for (std::uint32_t number = 0; number < crowd; ++number) {
        tracker.announce(in_crowd(number));
    }
    tracker.run(seconds(90));
    CHECK(tracker.metric("memory_bytes") - empty <= limit);
    CHECK(tracker.metric("peers") > crowd / 4);
    CHECK(tracker.metric("peers") + tracker.metric("evicted_peers") == crowd);
}

TEST_CASE("what has an account or is registered stays, however little memory there is") {
    KeptTracker tracker(limited_to(1000), {});
    CHECK(tracker.metric("memory_limit_bytes") == 1000);
    tracker.register_torrents({1});
    tracker.announce(in_own_swarm(0));
    for (std::uint32_t number = 1; number < 200; ++number) {
        tracker.announce(with_account(in_own_swarm(number), number));
    }
    tracker.announce(in_own_swarm(500));
    tracker.let_pass(lifetime / 2 - seconds(30));
    CHECK(tracker.metric("peers") == 200);
    CHECK(tracker.metric("evicted_peers") == 1);
}

TEST_CASE(
    "who is silent for less than the announce interval stays, however little memory there is") {
    for (const bool is_known : {true, false}) {
        CAPTURE(is_known);
        TrackerSetup setup = limited_to(1);
        if (is_known) {
            setup.longest_interval = static_cast<std::uint32_t>((lifetime * 4 / 5).count());
        }
        KeptTracker tracker(setup, {});
        tracker.register_torrents({1, 2, 3});  // no lot falls on them
        for (std::uint32_t number = 0; number < 3; ++number) {
            tracker.announce(in_own_swarm(number));
        }
        tracker.let_pass(lifetime * 3 / 4);
        CHECK(tracker.metric("peers") == (is_known ? 3 : 0));
        tracker.let_pass(lifetime / 2);
        CHECK(tracker.metric("peers") == 0);
    }
}

TEST_CASE("without a limit, or below it, nobody is evicted") {
    for (const double limit : {0.0, 1e9}) {
        CAPTURE(limit);
        KeptTracker tracker(limited_to(limit), {});
        for (std::uint32_t number = 0; number < 1000; ++number) {
            tracker.announce(in_own_swarm(number));
        }
        tracker.let_pass(lifetime - seconds(30));
        CHECK(tracker.metric("peers") == 1000);
        CHECK(tracker.metric("evicted_peers") == 0);
        CHECK(tracker.host().lines().empty());
    }
}

TEST_CASE("a limit that is raised lets everybody stay as long as usual again") {
    KeptTracker tracker(limited_to(1000), {});
    for (std::uint32_t number = 0; number < 1000; ++number) {
        tracker.announce(in_own_swarm(number));
    }
    tracker.let_pass(seconds(90));
    CHECK(tracker.metric("peers") < 1000);
    REQUIRE(tracker.driver().reconfigure(limited_to(1e9)).ok());
    tracker.let_pass(seconds(90));
    for (std::uint32_t number = 0; number < 1000; ++number) {
        tracker.announce(in_own_swarm(number));
    }
    tracker.let_pass(lifetime - seconds(30));
    CHECK(tracker.metric("peers") == 1000);
    CHECK(tracker.host().lines_of(Severity::warning) == 2);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
