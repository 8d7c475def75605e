#include "core/config/json_parser.hpp"
#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
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

TEST_CASE("a process is alive and not ready while a driver is unwell, which is named") {
    Listener listener;
    listener.tracker.health_answer = {StatusCode::unavailable, "connection refused"};
    listener.backend.health_answer = {StatusCode::unavailable, "no database"};
    listener.start();
    CHECK(listener.get("/check").body == "STILL-ALIVE");
    const auto answer = listener.get("/ready");
    CHECK(answer.status == 503);
    CHECK(answer.headers.at("Content-Type") == text_content);
    CHECK(answer.body ==
          "tracker driver memory: connection refused\nbackend driver noop: no database\n");
}

TEST_CASE("a tracker is ready when nothing speaks against it, a backend without a site neither") {
    Listener listener;
    listener.backend.health_answer = {StatusCode::unsupported, "no site"};
    listener.start();
    const auto answer = listener.get("/ready");
    CHECK(answer.status == 200);
    CHECK(answer.body == "READY\n");
    CHECK(listener.ask("HEAD", "/ready").status == 200);
    CHECK(listener.ask("POST", "/ready").status == 405);
}

TEST_CASE("a tracker is not ready before the registry has been read, nor while it stops") {
    Listener listener;
    listener.roster.set_whole(false);
    listener.circumstances.is_stopping = true;
    listener.start();
    const auto answer = listener.get("/ready");
    CHECK(answer.status == 503);
    CHECK(answer.body == "stopping\nthe registry has not been read yet\n");
    const auto page = chihaya::config::parse_json(listener.get("/stats").body).value().root;
    CHECK(field(page, {"Health", "Ready"}) == "false");
    CHECK(field(page, {"Health", "Reasons"}) ==
          R"(["stopping","the registry has not been read yet"])");
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

TEST_CASE("peers that were there from the start and are gone were reaped") {
    Listener listener;
    listener.tracker.gauges = {{"peers_ipv4", 40}, {"seeders_ipv4", 10}};
    listener.start();
    listener.counters.peers_of(Family::ipv4).joined.add(5);
    listener.counters.peers_of(Family::ipv4).left.add(4);
    listener.tracker.report_from_now_on({{"peers_ipv4", 30}, {"seeders_ipv4", 10}});
    const auto page = chihaya::config::parse_json(listener.get("/stats").body).value().root;
    CHECK(field(page, {"Peers.IPv4", "Peers", "Reaped"}) == "11");
    CHECK(field(page, {"Peers.IPv4", "Seeds", "Reaped"}) == "0");
    CHECK(field(page, {"Peers.IPv4", "Peers", "Joined"}) == "5");
}

TEST_CASE("statistics have sections of their own beside v1's") {
    Listener listener;
    auto& counters = listener.counters;
    counters.requests.at(announce, Ending::ok).add(5);
    counters.requests.at({.front_end = FrontEnd::udp, .family = Family::ipv6}, Ending::garbage)
        .add(2);
    counters.connections_of(Family::ipv4, Arrival::evicted).add(3);
    counters.latency_of(FrontEnd::udp, Action::scrape).measure(std::chrono::microseconds(100));
    counters.connection_bytes.add(4096);
    counters.udp_in_flight.set(4);
    listener.tracker.gauges = {{"swarms", 12},    {"peers", 5},        {"peers_ipv4", 4},
                               {"peers_ipv6", 1}, {"seeders_ipv4", 3}, {"seeders_ipv6", 0},
                               {"seeders", 3},    {"leechers", 2},     {"memory_bytes", 1000}};
    listener.circumstances = {.is_stopping = false,
                              .control_calls = 6,
                              .reloads = 2,
                              .reloads_refused = 1,
                              .last_reload = chihaya::Time(std::chrono::seconds(1'500'000'000)),
                              .last_reload_ok = false};
    listener.start();
    const auto page = chihaya::config::parse_json(listener.get("/stats").body).value().root;
    CHECK(field(page, {"Requests"}) ==
          R"([{"FrontEnd":"http","Family":"ipv4","Action":"announce","Outcome":"ok",)"
          R"("Reason":"none","Count":5},{"FrontEnd":"udp","Family":"ipv6","Action":"other",)"
          R"("Outcome":"dropped","Reason":"garbage","Count":2}])");
    CHECK(field(page, {"Connections"}) ==
          R"([{"Family":"ipv4","Outcome":"closed","Reason":"evicted","Count":3}])");
    CHECK(field(page, {"Latency"})
              .starts_with(R"([{"FrontEnd":"udp","Action":"scrape","Count":1,"Mean":0.1,"P50":)"));
    CHECK(field(page, {"Swarms"}) ==
          R"({"Swarms":12,"Peers":5,"Seeders":3,"Leechers":2,"SeedersIPv4":3,"LeechersIPv4":1,)"
          R"("SeedersIPv6":0,"LeechersIPv6":1})");
    CHECK(field(page, {"Health", "Tracker"}) == R"({"Name":"memory","OK":true,"Reason":""})");
    CHECK(field(page, {"Queues"}) == R"({"UDPInFlight":4,"ControlCalls":6,"SpooledDeltas":7})");
    CHECK(field(page, {"Memory", "TrackerDriverBytes"}) == "1000");
    CHECK(field(page, {"Memory", "ConnectionBytes"}) == "4096");
    CHECK(field(page, {"Memory", "RosterBytes"}) != "");
    CHECK(field(page, {"Reloads"}) ==
          R"({"Successful":2,"Refused":1,"LastTime":1500000000,"LastOK":false})");
    CHECK(field(page, {"Process", "Started"}) == "1400000000");
    CHECK(field(page, {"Process", "CPUSeconds"}) != "");
    CHECK(field(page, {"Rates", "Announces"}) == "0");
}

TEST_CASE("who announces is shown by name and version, and what nobody knows as other") {
    Listener listener;
    chihaya::metrics::PopularityTotals& popular = listener.popular;
    const auto add = [&](std::string_view prefix, std::uint64_t announces) {
        auto& one = popular.clients.emplace_back();
        std::ranges::copy(prefix, one.key.begin());
        one.announces = announces;
        popular.announces += announces;
    };
    popular.span = std::chrono::seconds(300);
    add("-qB4650-", 64);
    add("-qB\xff\"\n0-", 8);
    add("-TR4040-", 32);
    add("A2-1-36-0-", 16);
    add("\x01\x02unknown", 8);
    listener.start();
    const auto page = chihaya::config::parse_json(listener.get("/stats").body).value().root;
    CHECK(field(page, {"Clients"}) ==
          R"({"Seconds":300,"Announces":128,"Shares":[)"
          R"({"Name":"qBittorrent","Share":0.5625,"Versions":[{"Version":"4650","Share":0.5},)"
          R"({"Version":"?\"?0","Share":0.0625}]},)"
          R"({"Name":"Transmission","Share":0.25,"Versions":[{"Version":"4040","Share":0.25}]},)"
          R"({"Name":"aria2","Share":0.125,"Versions":[{"Version":"1.36.0","Share":0.125}]},)"
          R"({"Name":"other","Share":0.0625,"Versions":[]}]})");
}

TEST_CASE("the most popular swarms are told to those who have access") {
    Listener listener;
    listener.settings.token = "hunter2";
    chihaya::InfoHash info_hash;
    info_hash.bytes.fill(0xab);
    listener.popular.swarms.push_back({.key = info_hash, .announces = 7, .error = 1});
    listener.popular.swarms.push_back({.key = {}, .announces = 3, .error = 0});
    listener.popular.announces = 10;
    listener.start();
    const Listener::Headers token{{"Authorization", "Bearer hunter2"}};
    CHECK(listener.get("/top").status == 401);
    CHECK(listener.get("/top").body.find("abab") == std::string::npos);
    const auto answer = listener.ask("GET", "/top?limit=1", "", token);
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"Seconds":0,"Announces":10,"Swarms":[{"infohash":")" +
                             []() {
                                 std::string hex;
                                 for (int i = 0; i < 20; ++i) {
                                     hex += "ab";
                                 }
                                 return hex;
                             }() +
                             R"(","announces":7,"error":1}]})" + "\n");
    for (const char* limit : {"0", "101", "x", "", "-1"}) {
        const auto bad = listener.ask("GET", std::string("/top?limit=") + limit, "", token);
        CHECK(bad.status == 400);
        CHECK(bad.body == "limit: accepted 1 to 100\n");
    }
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
