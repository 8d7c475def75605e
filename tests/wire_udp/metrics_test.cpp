// What is counted, of requests over both protocols, as a scraper of /metrics sees it.

#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace chihaya::test {
namespace {

/// Series and their numbers, as /metrics has them.
using Page = std::map<std::string, double>;

std::string text_of(const UdpTracker& tracker) {
    const HttpReply reply = tracker.manage("GET", "/metrics");
    REQUIRE(reply.status == 200);
    return reply.body;
}

Page read(const UdpTracker& tracker) {
    Page page;
    std::istringstream lines(text_of(tracker));
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.rfind(' ');
        if (!line.starts_with('#') && blank != std::string::npos) {
            CHECK(page.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second);
        }
    }
    return page;
}

/// Those of requests that have grown, by how much, in words: "http ipv4 announce ok none".
std::map<std::string, double> grown(const Page& before, const Page& after) {
    std::map<std::string, double> more;
    const std::string name = "chihaya_requests_total{";
    for (const auto& [series, number] : after) {
        const auto old = before.find(series);
        const double growth = number - (old == before.end() ? 0.0 : old->second);
        if (growth == 0.0 || !series.starts_with(name)) {
            continue;
        }
        std::string words;
        for (std::size_t at = series.find('"'); at != std::string::npos;) {
            const std::size_t end = series.find('"', at + 1);
            words += (words.empty() ? "" : " ") + series.substr(at + 1, end - at - 1);
            at = series.find('"', end + 1);
        }
        more[words] = growth;
    }
    return more;
}

/// Something a client does, and the series that grow by it.
struct Step {
    std::string series;
    std::function<void(const UdpTracker&)> act;
    std::string also{};
};

void expect(const UdpTracker& tracker, const std::vector<Step>& steps) {
    Page before = read(tracker);
    for (const Step& step : steps) {
        CAPTURE(step.series);
        step.act(tracker);
        const Page after = read(tracker);
        std::map<std::string, double> expected{{step.series, 1.0}};
        if (!step.also.empty()) {
            expected.emplace(step.also, 1.0);
        }
        CHECK(grown(before, after) == expected);
        before = after;
    }
}

double sum_of(const Page& page, const std::string& words) {
    double sum = 0;
    for (const auto& [series, number] : page) {
        sum +=
            series.starts_with("chihaya_requests_total{") && series.find(words) != std::string::npos
                ? number
                : 0.0;
    }
    return sum;
}

constexpr const char* udp_connect = "udp ipv4 connect ok none";
constexpr const char* anna = "aaaaaaaaaaaaaaaa";

std::string passkey_path(const std::string& passkey, const Announce& announce = {}) {
    return get("/" + passkey + target(announce) + "&uploaded=0&downloaded=0");
}

}  // namespace

TEST_SUITE_BEGIN("wire: metrics");

TEST_CASE("each way that a request ends moves its own series and no other") {
    const UdpTracker tracker;
    const auto send = [](const std::string& bytes) {
        return [bytes](const UdpTracker& to) {
            static_cast<void>(to.send(bytes));
        };
    };
    const auto ask = [](const std::function<std::string(const UdpClient&)>& packet) {
        return [packet](const UdpTracker& to) {
            const UdpClient client(to.udp_port());
            static_cast<void>(client.ask(packet(client)));
        };
    };
    const auto ignored = [](const std::string& datagram) {
        return [datagram](const UdpTracker& to) {
            CHECK(UdpClient(to.udp_port()).is_ignored(datagram));
        };
    };
    const std::string wrong_id(8, 'x');
    expect(tracker,
           {{"http ipv4 announce ok none", send(request({}))},
            {"http ipv6 announce ok none", send(request({.from = "2001:db8::1"}))},
            {"http ipv4 announce refused malformed", send(get("/announce?info_hash=short"))},
            {"http ipv4 scrape ok none", send(get(scrape_target(hash_a)))},
            {"http ipv4 scrape refused malformed", send(get("/scrape?info_hash=short"))},
            {"http ipv4 scrape refused full_scrape_off", send(get("/scrape"))},
            {"http ipv4 other refused not_found", send(get("/nothing"))},
            {"http ipv4 other refused method_not_allowed",
             send("BREW /announce HTTP/1.1\r\nHost: x\r\n\r\n")},
            {"http ipv4 other refused malformed", send("\x01\x02\x03 nonsense\r\n\r\n")},
            {udp_connect, ask([](const UdpClient&) { return connect_packet(1); })},
            {"udp ipv4 announce ok none",
             ask([](const UdpClient& client) { return announce_packet(client.connect(), {}); }),
             udp_connect},
            {"udp ipv4 announce refused malformed", ask([](const UdpClient& client) {
                 return announce_packet(client.connect(), {}).substr(0, 90);
             }),
             udp_connect},
            {"udp ipv4 scrape ok none", ask([](const UdpClient& client) {
                 return scrape_packet(client.connect(), {std::string(hash_a)});
             }),
             udp_connect},
            {"udp ipv4 scrape refused malformed",
             ask([](const UdpClient& client) { return scrape_packet(client.connect(), {}); }),
             udp_connect},
            {"udp ipv4 announce refused bad_connection_id",
             ask([&](const UdpClient&) { return announce_packet(wrong_id, {}); })},
            {"udp ipv4 scrape dropped bad_connection_id", ignored(scrape_packet(wrong_id, {})),
             udp_connect},
            {"udp ipv4 other dropped garbage", ignored("nonsense"), udp_connect}});
}

TEST_CASE("each refusal of a private tracker moves its own series and no other") {
    const UdpTracker tracker(R"("private": true, "whitelist": true)");
    REQUIRE(tracker.manage("PUT", "/torrents/" + hex(hash_a), R"({"id": 1})").status == 200);
    REQUIRE(tracker.manage("PUT", "/users/"s + anna, R"({"id": 1})").status == 200);
    REQUIRE(tracker.manage("PUT", "/users/bbbbbbbbbbbbbbbb", R"({"id": 2, "can_leech": false})")
                .status == 200);
    REQUIRE(tracker.manage("PUT", "/clients/-qB").status == 200);
    const auto send = [](const std::string& bytes) {
        return [bytes](const UdpTracker& to) {
            static_cast<void>(to.send(bytes));
        };
    };
    const auto ask = [](const UdpAnnounce& announce) {
        return [announce](const UdpTracker& to) {
            const UdpClient client(to.udp_port());
            static_cast<void>(client.ask(announce_packet(client.connect(), announce)));
        };
    };
    const std::string annas = url_options("/"s + anna + "/announce");
    expect(tracker,
           {{"http ipv4 announce ok none", send(passkey_path(anna))},
            {"http ipv4 announce refused unknown_user", send(passkey_path("cccccccccccccccc"))},
            {"http ipv4 announce refused unknown_torrent",
             send(passkey_path(anna, {.info_hash = hash_b}))},
            {"http ipv4 announce refused unapproved_client",
             send(passkey_path(anna, {.peer_id = transmission}))},
            {"http ipv4 announce refused may_not_leech", send(passkey_path("bbbbbbbbbbbbbbbb"))},
            {"http ipv4 scrape refused unknown_user", send(get(scrape_target(hash_a)))},
            {"udp ipv4 announce ok none", ask({.options = annas}), udp_connect},
            {"udp ipv4 announce refused unknown_user", ask({}), udp_connect},
            {"udp ipv4 announce refused unknown_torrent",
             ask({.info_hash = hash_b, .options = annas}), udp_connect},
            {"udp ipv4 announce refused unapproved_client",
             ask({.peer_id = transmission, .options = annas}), udp_connect}});
    // v1's fields are sums of the same.
    const Page page = read(tracker);
    CHECK(static_cast<double>(tracker.number("Requests.Handled")) == sum_of(page, ""));
    CHECK(static_cast<double>(tracker.number("Requests.Bad")) ==
          sum_of(page, R"(outcome="refused")"));
    CHECK(static_cast<double>(tracker.number("Tracker.Announces")) ==
          sum_of(page, R"(action="announce")"));
    CHECK(static_cast<double>(tracker.number("Tracker.Scrapes")) ==
          sum_of(page, R"(action="scrape")"));
    CHECK(static_cast<double>(tracker.number("UDP.Connects")) ==
          sum_of(page, R"(action="connect")"));
}

TEST_CASE("latencies, connections, bytes and peers are counted where they belong") {
    const UdpTracker tracker;
    const Page before = read(tracker);
    tracker.announce({});
    tracker.announce({.port = 7000, .left = 0});
    tracker.announce_udp({.peer_id = transmission, .port = 7001});
    const Page after = read(tracker);
    const auto growth = [&](const std::string& series) {
        REQUIRE(after.contains(series));
        return after.at(series) - (before.contains(series) ? before.at(series) : 0.0);
    };
    const std::string duration = "chihaya_request_duration_seconds_";
    CHECK(growth(duration + R"(count{front_end="http",action="announce"})") == 2);
    CHECK(growth(duration + R"(count{front_end="udp",action="announce"})") == 1);
    CHECK(growth(duration + R"(bucket{front_end="udp",action="announce",le="+Inf"})") == 1);
    CHECK(growth(duration + R"(count{front_end="udp",action="scrape"})") == 0);
    CHECK(growth(duration + R"(sum{front_end="http",action="announce"})") < 10);
    CHECK(growth(R"(chihaya_connections_total{front_end="http",family="ipv4",)"
                 R"(outcome="accepted",reason="none"})") == 2);
    CHECK(growth(R"(chihaya_received_bytes_total{front_end="udp",family="ipv4"})") == 16 + 98);
    CHECK(growth(R"(chihaya_received_bytes_total{front_end="http",family="ipv4"})") > 100);
    CHECK(growth(R"(chihaya_peer_changes_total{family="ipv4",change="joined"})") == 3);
    CHECK(after.at(R"(chihaya_peers{family="ipv4",state="seeder"})") == 1);
    CHECK(after.at(R"(chihaya_peers{family="ipv4",state="leecher"})") == 2);
    CHECK(after.at("chihaya_swarms") == 1);
    CHECK(after.at("chihaya_ready") == 1);
    CHECK(after.at(R"(chihaya_driver_up{kind="tracker",driver="memory"})") == 1);
    CHECK(after.at("process_open_fds") > 5);
    CHECK(after.at("process_resident_memory_bytes") > 1'000'000);
    CHECK(after.at(R"(chihaya_client_share_ratio{client="qBittorrent"})") > 0.6);
    CHECK(after.at(R"(chihaya_client_share_ratio{client="Transmission"})") < 0.4);
    // Who has access, here everybody on this machine, is told which swarms these were.
    const std::string named = "a2a15537542b22925ad10486bf7a8b2a9c42f0d1";
    CHECK(tracker.manage("GET", "/top").body.find(named) != std::string::npos);
    CHECK(text_of(tracker).find(named) == std::string::npos);
}

TEST_CASE("Prometheus' own parser has nothing to find fault with") {
    if (lacks_program("promtool")) {
        return;
    }
    const UdpTracker tracker;
    tracker.announce({});
    tracker.announce_udp({.peer_id = transmission, .port = 7001});
    static_cast<void>(tracker.scraped(hash_a));
    const TempDir folder;
    std::ofstream(folder / "page") << text_of(tracker);
    ChildProcess promtool;
    const int code =
        promtool.run({"/bin/sh", "-c", "promtool check metrics < page 2>&1"}, folder.path());
    CAPTURE(promtool.log());
    CHECK(code == 0);
    CHECK(promtool.log().empty());
}

TEST_SUITE_END();

}  // namespace chihaya::test
