#include "core/app/site_view.hpp"

#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::seconds;

struct World {
    Clock clock;
    test::ScriptedTracker driver;
    logic::Roster roster{driver};
    logic::IntervalSetting setting;
    const logic::Policy policy{.interval_setting = &setting};
    SiteView view{{.clock = clock,
                   .roster = roster,
                   .tracker = driver,
                   .policy = policy,
                   .interval_setting = setting,
                   .peer_lifetime = seconds(86'640)}};
};

}  // namespace

TEST_SUITE_BEGIN("site view");

TEST_CASE(
    "users and torrents are found as announces see them, and what is not there changes nothing") {
    World world;
    UserRecord user{.id = UserId{5}, .flags = UserFlags::none};
    std::ranges::copy(std::string_view("key"), user.passkey.text.begin());
    const TorrentRecord torrent{.id = TorrentId{6}, .freeleech = Freeleech::neutral};
    REQUIRE(world.roster.put_users(std::array{user}).ok());
    REQUIRE(world.roster.put_torrents(std::array{torrent}).ok());
    UserRecord found{.id = UserId{1}};
    CHECK_FALSE(world.view.find_user("other", found));
    CHECK(found.id == UserId{1});
    CHECK(world.view.find_user("key", found));
    CHECK(found.id == UserId{5});
    CHECK(found.flags == UserFlags::none);
    TorrentRecord seen;
    CHECK(world.view.find_torrent({}, seen));
    CHECK(seen.freeleech == Freeleech::neutral);
    InfoHash unknown;
    unknown.bytes.fill(1);
    CHECK_FALSE(world.view.find_torrent(unknown, seen));
    CHECK(seen.id == TorrentId{6});
}

TEST_CASE("the numbers are those of all workers and of the tracker driver") {
    World world;
    std::array<metrics::WorkerCounters, 2> workers;
    for (metrics::WorkerCounters& worker : workers) {
        using metrics::Action;
        using metrics::Ending;
        worker.requests.at({.action = Action::announce}, Ending::ok).add(8);
        worker.requests.at({.action = Action::announce}, Ending::may_not_leech).add(2);
        worker.requests.at({.action = Action::announce}, Ending::malformed).add(1);
        worker.requests.at({.action = Action::scrape}, Ending::ok).add(3);
        worker.requests.at({.action = Action::other}, Ending::not_found).add(6);
        worker.connections_of(metrics::Family::ipv4, metrics::Arrival::accepted).add(7);
        worker.connections_open.add(4);
        auto& traffic = worker.traffic_of(metrics::FrontEnd::http, metrics::Family::ipv4);
        traffic.received.add(100);
        traffic.transmitted.add(200);
        world.view.add(worker);
    }
    world.driver.gauges = {{"peers", 7.0}, {"seeders", 3.0}, {"leechers", 4.0}};
    TrackerNumbers numbers;
    world.view.numbers(numbers);
    CHECK(numbers.announces == 16);
    CHECK(numbers.announces_failed == 6);
    CHECK(numbers.scrapes == 6);
    CHECK(numbers.requests == 40);
    CHECK(numbers.connections_opened == 14);
    CHECK(numbers.connections_open == 8);
    CHECK(numbers.bytes_received == 200);
    CHECK(numbers.bytes_transmitted == 400);
    CHECK(numbers.seeders == 3);
    CHECK(numbers.leechers == 4);
    CHECK(numbers.interval == seconds(1800));
    CHECK(numbers.interval_jitter == seconds(90));
    CHECK(numbers.uptime >= seconds(0));
}

TEST_CASE("an interval from a second to a day is set, if no peer is forgotten in between") {
    World world;
    CHECK(world.view.set_interval(seconds(1), seconds(1)).ok());
    CHECK(world.view.set_interval(seconds(86'400), seconds(240)).ok());
    for (const auto& [interval, jitter] :
         {std::pair{0, 0}, {-1, 0}, {86'401, 0}, {100, 101}, {100, -1}, {86'400, 241}}) {
        CHECK(world.view.set_interval(seconds(interval), seconds(jitter)).code ==
              StatusCode::rejected);
    }
    CHECK(world.setting.read().interval == 86'400);
    CHECK(world.setting.read().jitter == 240);
    TrackerNumbers numbers;
    world.view.numbers(numbers);
    CHECK(numbers.interval == seconds(86'400));
    CHECK(numbers.interval_jitter == seconds(240));
}

TEST_SUITE_END();

}  // namespace chihaya::app
