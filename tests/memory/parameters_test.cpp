#include "plugins/memory/parameters.hpp"

#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("the memory driver's parameters");

namespace chihaya::memory::test {

TEST_CASE("parameters may be absent, empty, null or an object") {
    FakeClock clock;
    FakeHost host(clock);
    for (const char* const json : {"", "{}", "null"}) {
        CAPTURE(json);
        const auto parameters = read_parameters(host, json);
        REQUIRE(parameters.has_value());
        CHECK_FALSE(parameters->peer_ids.has_value());
    }
    CHECK(read_parameters(host, R"({"peer_ids": true})")->peer_ids == true);
    CHECK(read_parameters(host, R"({"peer_ids": false})")->peer_ids == false);
    CHECK(host.lines().empty());
}

TEST_CASE(
    "what is wrong with a parameter is said with its path, what was found and what is right") {
    FakeClock clock;
    FakeHost host(clock);
    CHECK_FALSE(read_parameters(host, R"({"peer_ids": "yes"})").has_value());
    CHECK(host.lines().back() ==
          "tracker.params.peer_ids: found \"yes\", accepted are true and "
          "false; leave it out for the default");
    CHECK_FALSE(read_parameters(host, "[1]").has_value());
    CHECK(host.lines().back() ==
          "tracker.params: found [1], accepted is an object like {\"peer_ids\": true}");
    CHECK_FALSE(read_parameters(host, "{").has_value());
    CHECK(host.lines_of(Severity::error) == 3);
}

TEST_CASE("an unknown parameter is a warning that names what is accepted") {
    FakeClock clock;
    FakeHost host(clock);
    CHECK(read_parameters(host, R"({"shards": 7})").has_value());
    CHECK(host.lines() ==
          std::vector<std::string>{"tracker.params.shards: unknown and ignored; accepted are "
                                   "peer_ids, snapshot and snapshot_interval"});
    CHECK(host.lines_of(Severity::warning) == 1);
}

TEST_CASE("lifetimes and purging change while announces go on, but peer ids do not") {
    Tracker tracker;
    tracker.announce(announce_of(1));
    CHECK(tracker.driver().reconfigure({.peer_lifetime = seconds(100)}).ok());
    tracker.let_pass(seconds(100) + expiry_slack);
    CHECK(tracker.metric("peers") == 0);
    CHECK(tracker.metric("purged_swarms") == 1);
    CHECK(tracker.driver().reconfigure({.purge_empty_swarms = false, .keep_peer_ids = true}).code ==
          StatusCode::unsupported);
    CHECK(tracker.driver().reconfigure({.peer_lifetime = std::chrono::hours(48)}).code ==
          StatusCode::unsupported);
    CHECK(tracker.driver().reconfigure({.params = "[]"}).code == StatusCode::rejected);
    CHECK(tracker.driver().reconfigure({.purge_empty_swarms = false}).ok());
    tracker.announce(announce_of(1));
    tracker.announce(announce_of(1, 1, Event::stopped));
    tracker.let_pass(expiry_slack);
    CHECK(tracker.metric("swarms") == 1);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
