#include "tests/conformance/contract/world.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("swarms in redis");

namespace chihaya::test::contract {
namespace {

using std::chrono::minutes;

/// A tracker on a Redis of the test's own, whose keys begin with "t:".
class World {
public:
    World() : World(plain_setup()) {}
    explicit World(const TrackerSetup& setup) : tracker(maker(), setup) {}

    RedisServer redis;

private:
    MakeTrackerDriver maker() {
        return [this](FakeHost& control, TrackerSetup setup) {
            const std::string params =
                R"({"timeout": "1m", "connect_timeout": "1m", "prefix": "t:", "url": "redis://)" +
                redis.address() + "\"}";
            setup.params = params;
            setup.answer_within = minutes(1);
            return library_.create_tracker(control, setup).value();
        };
    }

    plugin::Library library_ = plugin::Library::load(CHIHAYA_PLUGIN_DIR "/redis.so").value();

public:
    Tracker tracker;
};

/// `count` peers of `host` 0, 1, …, 200 of each, all at once.
void announce_many(Tracker& tracker, unsigned count, unsigned host, std::uint64_t left) {
    std::vector<AnnounceRequest> requests;
    for (unsigned i = 0; i < count; ++i) {
        requests.push_back(wanting(from(ipv4(i % 200 + 1, host + i / 200), left), 0, 0));
        if (requests.size() == 64 || i + 1 == count) {
            tracker.worker().announce(requests);
            requests.clear();
        }
    }
}

}  // namespace

TEST_CASE("of a swarm that takes several sweeps nobody stays for longer than another") {
    if (lacks_redis()) {
        return;
    }
    World world;
    Tracker& tracker = world.tracker;
    announce_many(tracker, 5, 0, nothing_left);
    tracker.let_pass(lifetime / 2);
    announce_many(tracker, 5, 1, nothing_left);
    tracker.let_pass(lifetime / 2 - seconds(60));
    announce_many(tracker, 1600, 2, some_left);
    tracker.let_pass(seconds(60) + expiry_slack);
    CHECK(tracker.scrape().seeders == 5);
    tracker.let_pass(lifetime / 2);
    CHECK(tracker.scrape().seeders == 0);
    CHECK(tracker.scrape().leechers == 1600);
}

TEST_CASE("a peer of two addresses stays as it is where one of them is taken in") {
    if (lacks_redis()) {
        return;
    }
    World world;
    Tracker& tracker = world.tracker;
    const auto now = std::chrono::floor<seconds>(tracker.clock().now());
    SwarmRecord swarm;
    swarm.info_hash = ubuntu;
    PeerRecord one;
    one.ipv4 = ipv4(1);
    one.last_announce = now - seconds(100);
    PeerRecord other;
    other.ipv4 = ipv4(2);
    other.last_announce = now - seconds(100);
    const std::vector<PeerRecord> peers{one, other};

    SUBCASE("with an announce before that one") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        REQUIRE(tracker.driver().add_peers(swarm, peers).ok());
        const auto view = tracker.read();
        REQUIRE(view);
        CHECK(view->peers.size() == 2);
        CHECK(view->at(ipv4(1))->ipv6 == ipv6(1));
        CHECK(view->at(ipv4(1))->last_announce == now);
    }
    SUBCASE("but for its last announce, where that is newer") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        tracker.let_pass(seconds(200));
        const auto later = std::chrono::floor<seconds>(tracker.clock().now());
        PeerRecord newer = one;
        newer.last_announce = later - seconds(40);
        REQUIRE(tracker.driver().add_peers(swarm, {&newer, 1}).ok());
        const auto view = tracker.read();
        REQUIRE(view);
        REQUIRE(view->peers.size() == 1);
        CHECK(view->peers[0].ipv6 == ipv6(1));
        CHECK(view->peers[0].last_announce <= newer.last_announce);
        CHECK(view->peers[0].last_announce > newer.last_announce - seconds(5));
    }
}

TEST_CASE("a scrape of nothing is answered") {
    if (lacks_redis()) {
        return;
    }
    World world;
    CHECK(world.tracker.worker().scrape(std::vector<InfoHash>{}).empty());
}

}  // namespace chihaya::test::contract
TEST_SUITE_END();
