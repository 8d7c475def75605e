#include "core/management/history.hpp"

#include "core/config/json_parser.hpp"
#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using chihaya::management::history_names;
using chihaya::management::history_point;
using chihaya::management::HistoryPoint;
using chihaya::management::HistoryRing;
using chihaya::management::Reading;
using chihaya::management::Series;
using chihaya::management::series_count;
using chihaya::test::Listener;

TEST_SUITE_BEGIN("history");

using namespace std::chrono_literals;

namespace {

/// Of a tracker that started at second 1000 and is asked `seconds` later.
Reading reading_at(int seconds, std::uint64_t announces = 0) {
    Reading reading;
    reading.moment = std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
    reading.unix_time = 1000.0 + seconds;
    reading.counts[static_cast<std::size_t>(Series::announces)] = announces;
    return reading;
}

float value(const HistoryPoint& point, Series series) {
    return point.values[static_cast<std::size_t>(series)];
}

std::size_t points_in(const std::string& json) {
    const auto parsed = chihaya::config::parse_json(json);
    REQUIRE(parsed.has_value());
    const auto& members = *parsed->root.as<chihaya::config::Object>();
    return members.back().value.as<chihaya::config::List>()->size();
}

}  // namespace

TEST_CASE("a rate is what was counted between two readings, by the second") {
    const auto point = history_point(reading_at(10, 100), reading_at(14, 500));
    CHECK(value(point, Series::announces) == 100.0F);
    CHECK(point.unix_time == 1014.0);
}

TEST_CASE("a counter that began again makes no rate below zero") {
    const auto point = history_point(reading_at(10, 1'000'000), reading_at(12, 20));
    CHECK(value(point, Series::announces) == 10.0F);
}

TEST_CASE("latencies are those of the requests between two readings, and nothing without any") {
    Reading before = reading_at(0);
    before.latency.buckets[20] = 1'000'000;  // an hour ago all was slow
    Reading after = before;
    after.moment += 2s;
    CHECK(std::isnan(value(history_point(before, after), Series::p99)));
    after.latency.buckets[4] = 100;
    CHECK(value(history_point(before, after), Series::p99) <= 0.016F);
}

TEST_CASE("two readings of one moment have no rate") {
    CHECK(std::isnan(value(history_point(reading_at(1, 1), reading_at(1, 9)), Series::announces)));
}

TEST_CASE("a ring keeps its step and its newest points") {
    HistoryRing ring(10s, 3);
    for (int second = 0; second <= 100; second += 2) {
        ring.take(reading_at(second, static_cast<std::uint64_t>(second)));
    }
    const std::string all = ring.json_after(0);
    CHECK(points_in(all) == 3);
    CHECK(all.find("[1080,1,") != std::string::npos);
    CHECK(all.find("[1100,1,") != std::string::npos);
    CHECK(all.find("[1070,") == std::string::npos);
    CHECK(all.find("[1080,") < all.find("[1100,"));
}

TEST_CASE("only points later than asked for are told") {
    HistoryRing ring(2s, 100);
    for (int second = 0; second <= 20; second += 2) {
        ring.take(reading_at(second));
    }
    CHECK(points_in(ring.json_after(0)) == 10);
    CHECK(points_in(ring.json_after(1016)) == 2);
    CHECK(points_in(ring.json_after(1020)) == 0);
}

TEST_CASE("what is not known is null, and every point has all columns") {
    HistoryRing ring(2s, 4);
    ring.take(reading_at(0));
    ring.take(reading_at(2));
    const auto parsed = chihaya::config::parse_json(ring.json_after(0));
    REQUIRE(parsed.has_value());
    const auto& members = *parsed->root.as<chihaya::config::Object>();
    CHECK(members[1].value.as<chihaya::config::List>()->size() == series_count + 1);
    const auto& points = *members[2].value.as<chihaya::config::List>();
    const auto& columns = *points.front().as<chihaya::config::List>();
    CHECK(columns.size() == series_count + 1);
    const auto p50 = static_cast<std::size_t>(Series::p50) + 1;
    CHECK(std::holds_alternative<std::nullptr_t>(columns[p50].content));
}

TEST_CASE("every series has a name") {
    for (const char* const name : history_names) {
        CHECK(name != nullptr);
    }
}

TEST_CASE("the history is there for everybody, fine or coarse, and bad times are the beginning") {
    Listener listener;
    listener.settings.token = "secret";
    listener.start();
    CHECK(listener.get("/history").body.starts_with(R"({"Step":2,"Names":["Time","Announces",)"));
    CHECK(listener.get("/history?span=day").body.starts_with(R"({"Step":60,)"));
    for (const char* after : {"", "x", "-1", "1e999", "nan"}) {
        CAPTURE(after);
        CHECK(listener.get(std::string("/history?after=") + after).status == 200);
    }
    CHECK(listener.ask("PUT", "/history").status == 405);
}
