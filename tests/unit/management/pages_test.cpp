#include "core/config/json_parser.hpp"
#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using chihaya::StatusCode;
using chihaya::config::Object;
using chihaya::config::Value;
using chihaya::metrics::Action;
using chihaya::metrics::Arrival;
using chihaya::metrics::Ending;
using chihaya::metrics::Family;
using chihaya::metrics::FrontEnd;
using chihaya::test::json_content;
using chihaya::test::Listener;
using chihaya::test::text_content;

TEST_SUITE_BEGIN("management pages");

namespace {

constexpr chihaya::metrics::RequestKind announce{.action = Action::announce};

/// The member at a path of names, "" when there is none.
std::string field(const Value& value, std::initializer_list<std::string_view> path) {
    const Value* at = &value;
    for (const std::string_view name : path) {
        const auto* const object = at->as<Object>();
        at = nullptr;
        if (object != nullptr) {
            for (const auto& member : *object) {
                at = member.name == name ? &member.value : at;
            }
        }
        if (at == nullptr) {
            return "";
        }
    }
    return json_text(*at);
}

}  // namespace

TEST_CASE("a healthy tracker says STILL-ALIVE, without a line end") {
    Listener listener;
    listener.start();
    const auto answer = listener.get("/check");
    CHECK(answer.status == 200);
    CHECK(answer.body == "STILL-ALIVE");
    CHECK(answer.headers.at("Content-Type") == text_content);
    CHECK(listener.get("/check/").body == "STILL-ALIVE");
    CHECK(listener.get("/check?from=balancer").body == "STILL-ALIVE");
    CHECK(listener.get("http://localhost/check").body == "STILL-ALIVE");
}

TEST_CASE("nothing tells what serves the listener") {
    Listener listener;
    listener.start();
    CHECK_FALSE(listener.get("/check").headers.contains("Server"));
}

TEST_CASE("an unwell tracker driver fails the check with its reason") {
    Listener listener;
    listener.tracker.health_answer = {StatusCode::unavailable, "connection refused"};
    listener.start();
    const auto answer = listener.get("/check");
    CHECK(answer.status == 503);
    CHECK(answer.body == "tracker driver memory: connection refused\n");
}

TEST_CASE("an unwell backend driver fails the check, one without a site does not") {
    Listener listener;
    SUBCASE("unwell") {
        listener.backend.health_answer = {StatusCode::unavailable, "no database"};
        listener.start();
        const auto answer = listener.get("/check");
        CHECK(answer.status == 503);
        CHECK(answer.body == "backend driver noop: no database\n");
    }
    SUBCASE("without a site") {
        listener.backend.health_answer = {StatusCode::unsupported, "no site"};
        listener.start();
        CHECK(listener.get("/check").status == 200);
    }
}

TEST_CASE("statistics carry v1's names") {
    Listener listener;
    auto& counters = listener.counters;
    counters.requests.at(announce, Ending::ok).add(5);
    counters.requests.at(announce, Ending::malformed).add(1);
    counters.requests.at({.action = Action::scrape}, Ending::ok).add(2);
    counters.requests.at({.action = Action::other}, Ending::ok).add(1);
    counters.requests.at({.action = Action::other}, Ending::garbage).add(3);
    counters.connections_of(Family::ipv6, Arrival::accepted).add(4);
    counters.connections_open.add(3);
    counters.traffic_of(FrontEnd::udp, Family::ipv4).transmitted.add(1234);
    counters.peers_of(Family::ipv4).joined.add(10);
    counters.peers_of(Family::ipv4).left.add(3);
    counters.peers_of(Family::ipv4).completed.add(2);
    counters.peers_of(Family::ipv6).seeds_joined.add(6);
    counters.latency_of(FrontEnd::http, Action::announce).buckets[10].add(100);
    listener.start();
    const auto answer = listener.get("/stats");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("Content-Type") == json_content);
    CHECK(answer.body.ends_with("}\n"));
    const auto page = chihaya::config::parse_json(answer.body).value().root;
    CHECK(field(page, {"Started"}) == "\"2014-05-13T16:53:20Z\"");
    CHECK(field(page, {"Connections.Open"}) == "3");
    CHECK(field(page, {"Connections.Accepted"}) == "4");
    CHECK(field(page, {"BytesTransmitted"}) == "1234");
    CHECK(field(page, {"Requests.Handled"}) == "9");
    CHECK(field(page, {"Requests.Errored"}) == "0");
    CHECK(field(page, {"Requests.Bad"}) == "1");
    CHECK(field(page, {"ResponseTime", "P50"}) == "0.768");
    CHECK(field(page, {"ResponseTime", "P90"}) != "");
    CHECK(field(page, {"ResponseTime", "P95"}) != "");
    CHECK(field(page, {"Tracker.Announces"}) == "5");
    CHECK(field(page, {"Tracker.Scrapes"}) == "2");
    CHECK(field(page, {"Torrents.Added"}) == "0");
    CHECK(field(page, {"Torrents.Removed"}) == "0");
    CHECK(field(page, {"Torrents.Reaped"}) == "0");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Current"}) == "7");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Joined"}) == "10");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Left"}) == "3");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Reaped"}) == "0");
    CHECK(field(page, {"Peers.IPv4", "Completed"}) == "2");
    CHECK(field(page, {"Peers.IPv6", "Seeds", "Joined"}) == "6");
    CHECK(field(page, {"Version"}) == "\"1.2.3\"");
    CHECK(field(page, {"Workers"}) == "1");
    CHECK(field(page, {"UptimeSeconds"}) != "");
    CHECK(field(page, {"Drivers", "noop", "spooled_deltas"}) == "7");
#if defined(__linux__)
    CHECK(field(page, {"Memory", "ResidentBytes"}).size() > 5);
#endif
}

TEST_CASE("what a driver counts better than the workers stands in v1's place") {
    Listener listener;
    listener.counters.peers_of(Family::ipv4).joined.add(10);
    listener.tracker.gauges = {{"swarms", 12},       {"swarms_added", 20}, {"swarms_removed", 3},
                               {"purged_swarms", 4}, {"peers_ipv4", 3},    {"seeders_ipv4", 2}};
    listener.start();
    const auto page = chihaya::config::parse_json(listener.get("/stats").body).value().root;
    CHECK(field(page, {"Torrents.Size"}) == "12");
    CHECK(field(page, {"Torrents.Added"}) == "20");
    CHECK(field(page, {"Torrents.Removed"}) == "3");
    CHECK(field(page, {"Torrents.Reaped"}) == "4");
    CHECK(field(page, {"Peers.IPv4", "Seeds", "Current"}) == "2");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Current"}) == "3");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Reaped"}) == "7");
    CHECK(field(page, {"Drivers", "memory", "swarms"}) == "12");
}

TEST_CASE("flattened statistics have one level, pretty ones are indented, and both go together") {
    Listener listener;
    listener.start();
    const auto flat_text = listener.get("/stats?flatten").body;
    const auto flat = chihaya::config::parse_json(flat_text).value().root;
    CHECK(field(flat, {"Peers.IPv4.Peers.Current"}) == "0");
    CHECK(field(flat, {"ResponseTime.P50"}) == "0");
    CHECK(field(flat, {"Drivers.noop.spooled_deltas"}) == "7");
    CHECK(flat_text.find('{', 1) == std::string::npos);
    CHECK(flat_text.find('\n') == flat_text.size() - 1);
    const auto both_text = listener.get("/stats?pretty&flatten=0").body;
    CHECK(both_text.find('{', 1) == std::string::npos);
    CHECK(both_text.find("\n ") != std::string::npos);
}

TEST_CASE("statistics name neither users nor passkeys") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/users/topsecret", R"({"id":7})").status == 200);
    const auto text = listener.get("/stats").body;
    CHECK(text.find("topsecret") == std::string::npos);
    CHECK(text.find("\"Users\":1") != std::string::npos);
}

TEST_SUITE_END();
