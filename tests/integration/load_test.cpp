// More clients than there should be.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::test {
namespace {

using Clock = std::chrono::steady_clock;
using Clients = std::vector<std::unique_ptr<TcpClient>>;

/// As many connections as are wanted, or as this machine lets one process have. The tracker that
/// is started afterwards inherits the limit.
std::size_t connections(std::size_t wanted) {
    constexpr std::size_t others = 200;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t possible = limit.rlim_cur > others ? limit.rlim_cur - others : 0;
    if (possible < wanted) {
        MESSAGE("this process may open only " << possible << " connections of " << wanted);
    }
    return std::min(wanted, possible);
}

std::string stats(const Tracker& tracker) {
    return http_get(tracker.management_port(), "/stats?flatten").body;
}

std::int64_t number(const std::string& page, const std::string& name) {
    const auto at = page.find('"' + name + "\":");
    return at == std::string::npos ? -1 : std::stoll(page.substr(at + name.size() + 3));
}

TEST_SUITE_BEGIN("load");

TEST_CASE("five thousand half-open requests hinder nobody and are cut at the header timeout") {
    constexpr std::chrono::seconds head_timeout(10);
    const std::size_t count = connections(5000);
    const Tracker tracker(R"("http": {"head_timeout": "10s"})");
    TcpClient normal(tracker.port());
    std::chrono::microseconds worst{0};
    const auto ask = [&] {
        const auto began = Clock::now();
        normal.send(first_request());
        REQUIRE(normal.read_reply().body == first_body());
        worst = std::max(
            worst, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began));
    };
    Clients half_open;
    for (std::size_t i = 0; i < count; ++i) {
        half_open.push_back(std::make_unique<TcpClient>(tracker.port()));
        REQUIRE(half_open.back()->send("G"));
        if (i % 50 == 0) {
            ask();
        }
    }
    ask();
    MESSAGE("half-open requests: " << count << ", slowest answer beside them: " << worst.count()
                                   << " us");
    CHECK(worst < head_timeout);  // nobody waits until others have been cut off
    for (const auto& client : half_open) {
        REQUIRE(client->ends_within(std::chrono::seconds(30)));
    }
    ask();
    CHECK(number(stats(tracker), "Connections.TimedOut") == static_cast<std::int64_t>(count));
}

TEST_CASE("no more connections are open than are allowed") {
    constexpr std::int64_t allowed = 100;
    const std::size_t count = connections(1000);
    const Tracker tracker(R"("http": {"max_connections": 100})");
    Clients clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<TcpClient>(tracker.port()));
        clients.back()->send(first_request());
        REQUIRE(clients.back()->read_reply().body == first_body());
    }
    const std::string page = stats(tracker);
    CHECK(number(page, "Connections.Open") == allowed);
    CHECK(number(page, "Connections.Evicted") == static_cast<std::int64_t>(count) - allowed);
    CHECK(number(page, "Connections.Accepted") >= static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < count - allowed; ++i) {
        REQUIRE(clients[i]->ends_within(std::chrono::seconds(5)));
    }
    for (std::size_t i = count - allowed; i < count; ++i) {
        clients[i]->send(first_request());
        REQUIRE(clients[i]->read_reply().body == first_body());
    }
}

TEST_CASE("clients that fill every descriptor keep nobody out") {
    constexpr std::size_t descriptors = 256;
    const std::size_t count = connections(2 * descriptors);
    const ChihayaProcess process({.config = R"({"workers": 1})", .descriptors = descriptors});
    CHECK(process.log().find("http.max_connections: found 20000, accepted are ") !=
          std::string::npos);
    Clients clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<TcpClient>(process.http_port()));
        REQUIRE(clients.back()->send(get("/nowhere")));
        REQUIRE(clients.back()->read_reply().status == 404);
    }
    CHECK(http_get(process.management_port(), "/check").status == 200);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
