#include "core/management/metrics_page.hpp"

#include "core/management/driver_metrics.hpp"
#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using chihaya::management::driver_metric_name;
using chihaya::metrics::Action;
using chihaya::metrics::Ending;
using chihaya::metrics::FrontEnd;
using chihaya::test::Listener;

TEST_SUITE_BEGIN("metrics page");

namespace {

/// Is this a line of the page?
bool has_line(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics are text as Prometheus reads it, for everybody") {
    Listener listener;
    listener.settings.token = "hunter2";
    listener.start();
    const auto answer = listener.get("/metrics");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("Content-Type") == chihaya::management::exposition_type);
    CHECK(listener.ask("POST", "/metrics").status == 405);
    CHECK(answer.body.find("hunter2") == std::string::npos);
}

TEST_CASE("each family is explained once, and stands in one piece") {
    Listener listener;
    listener.tracker.gauges = {{"swarms", 1}, {"spooled_deltas", 2}, {"peers", 3}};
    listener.start();
    std::istringstream lines(listener.get("/metrics").body);
    std::set<std::string> families;
    std::string family;
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK(families.insert(family).second);
        } else if (line.starts_with("# TYPE ")) {
            CHECK(line.substr(7, line.find(' ', 7) - 7) == family);
        } else {
            CHECK(line.starts_with(family));
        }
    }
    CHECK(families.size() > 25);
}

TEST_CASE("a series that may come is there with 0, and one that cannot is not") {
    Listener listener;
    listener.counters.requests.count({.front_end = FrontEnd::udp, .action = Action::announce},
                                     Ending::no_room);
    listener.start();
    const std::string page = listener.get("/metrics").body;
    CHECK(has_line(page, R"(chihaya_requests_total{front_end="http",family="ipv6",)"
                         R"(action="announce",outcome="failed",reason="store_away"} 0)"));
    CHECK(has_line(page, R"(chihaya_requests_total{front_end="udp",family="ipv4",)"
                         R"(action="announce",outcome="dropped",reason="no_room"} 1)"));
    CHECK(page.find(R"(front_end="http",family="ipv4",action="connect")") == std::string::npos);
    CHECK(page.find(R"(front_end="udp",family="ipv4",action="control")") == std::string::npos);
}

TEST_CASE("a histogram counts upwards and ends with everything") {
    Listener listener;
    auto& latency = listener.counters.latency_of(FrontEnd::udp, Action::scrape);
    latency.measure(std::chrono::microseconds(3));
    latency.measure(std::chrono::microseconds(700));
    latency.measure(std::chrono::hours(1));
    listener.start();
    const std::string page = listener.get("/metrics").body;
    const std::string name = "chihaya_request_duration_seconds_";
    const std::string labels = R"(front_end="udp",action="scrape")";
    CHECK(has_line(page, name + "bucket{" + labels + R"(,le="+Inf"} 3)"));
    CHECK(has_line(page, name + "count{" + labels + "} 3"));
    CHECK(page.find(name + "sum{" + labels + "} 3600.0007") != std::string::npos);
    std::istringstream lines(page);
    double before = 0;
    int buckets = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + "bucket{" + labels)) {
            const double count = std::stod(line.substr(line.rfind(' ')));
            CHECK(count >= before);
            before = count;
            ++buckets;
        }
    }
    CHECK(buckets == 24);
}

TEST_CASE("a driver's numbers get names that Prometheus takes, its counters their ending") {
    CHECK(driver_metric_name("peers", false) == "chihaya_driver_peers");
    CHECK(driver_metric_name("expired_peers", true) == "chihaya_driver_expired_peers_total");
    CHECK(driver_metric_name("expired_total", true) == "chihaya_driver_expired_total");
    CHECK(driver_metric_name("a b\n{}\"\xff", false) == "chihaya_driver_a_b_____");
    CHECK_FALSE(driver_metric_name("up", false));
    CHECK_FALSE(driver_metric_name("", false));
}

TEST_CASE("a driver cannot break the page by what it reports") {
    const std::string long_name(100, 'x');  // as long as anybody may ask the driver
    Listener listener;
    listener.tracker.gauges = {{"twice", 1},
                               {"twice", 2},
                               {"a b", 3},
                               {"a\nb", 4},
                               {"up", 5},
                               {"", 6},
                               {long_name.c_str(), 7},
                               {"spooled_deltas", 8},
                               {"big", std::numeric_limits<double>::infinity()}};
    for (int i = 0; i < 1000; ++i) {
        listener.tracker.gauges.emplace_back("twice", i);
    }
    listener.start();
    const std::string page = listener.get("/metrics").body;
    const std::string labels = R"({kind="tracker",driver="memory"} )";
    CHECK(has_line(page, "chihaya_driver_twice" + labels + "1"));
    CHECK(has_line(page, "chihaya_driver_a_b" + labels + "3"));
    CHECK_FALSE(has_line(page, "chihaya_driver_a_b" + labels + "4"));
    CHECK(has_line(page, "chihaya_driver_up" + labels + "1"));
    CHECK(has_line(page, "chihaya_driver_spooled_deltas" + labels + "8"));
    CHECK(has_line(page, "chihaya_driver_big" + labels + "+Inf"));
    CHECK(has_line(page, R"(chihaya_driver_spooled_deltas_total{kind="backend",driver="noop"} 7)"));
    CHECK(page.find("xxxxx") == std::string::npos);
}

TEST_CASE("a driver that is away is down and the tracker not ready") {
    Listener listener;
    listener.tracker.health_answer = {chihaya::StatusCode::unavailable, "away"};
    listener.start();
    const std::string page = listener.get("/metrics").body;
    CHECK(has_line(page, R"(chihaya_driver_up{kind="tracker",driver="memory"} 0)"));
    CHECK(has_line(page, R"(chihaya_driver_up{kind="backend",driver="noop"} 1)"));
    CHECK(has_line(page, "chihaya_ready 0"));
}

TEST_CASE("many who read while a worker counts disturb nobody") {
    Listener listener;
    listener.start();
    std::atomic<bool> ends{false};
    std::thread worker([&] {
        while (!ends) {
            listener.counters.requests.count({.action = Action::announce}, Ending::ok);
            listener.counters.latency_of(FrontEnd::http, Action::announce)
                .measure(std::chrono::microseconds(5));
            listener.counters.popularity.turn(std::chrono::steady_clock::now());
            listener.counters.popularity.seen({}, {});
        }
    });
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            for (int times = 0; times < 5; ++times) {
                CHECK(listener.get("/metrics").status == 200);
                CHECK(listener.get("/stats").status == 200);
            }
        });
    }
    for (std::thread& reader : readers) {
        reader.join();
    }
    ends = true;
    worker.join();
}

TEST_SUITE_END();
