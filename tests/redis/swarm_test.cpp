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

std::string key_of(const InfoHash& info_hash) {
    return "t:s" + std::string(reinterpret_cast<const char*>(info_hash.bytes.data()),
                               info_hash.bytes.size());
}

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

/// Announces in one batch through a session of the test's own, failures and all.
std::deque<Reply> announce_all(FakeHost& host, TrackerSession& session,
                               std::vector<AnnounceRequest>& requests) {
    std::deque<Reply> replies(requests.size());
    std::vector<AnnounceCall> calls;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        replies[i].lend_room(requests[i]);
        calls.push_back({&requests[i], &replies[i]});
    }
    // The first ones find the session unconnected.
    wait_until("a connection", [&] {
        Reply first;
        AnnounceRequest probe = in_swarm(from(ipv4(9), some_left, Event::stopped), nobodys);
        const AnnounceCall call{&probe, &first};
        session.announce({&call, 1});
        wait_until("an answer", [&] {
            host.turn(std::chrono::milliseconds(5));
            return first.answers != 0;
        });
        return first.failure.ok();
    });
    session.announce(calls);
    wait_until("the answers", [&] {
        host.turn(std::chrono::milliseconds(5));
        return std::ranges::all_of(replies, &Reply::answers);
    });
    return replies;
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

TEST_CASE("a swarm that somebody else has written over is refused, and no other for it") {
    if (lacks_redis()) {
        return;
    }
    World world;
    Tracker& tracker = world.tracker;
    tracker.announce(from(ipv4(1), some_left));
    const std::string header(43, '\0');
    SUBCASE("with what is no hash") {
        world.redis.command({"SET", key_of(ubuntu), "text"});
    }
    SUBCASE("with a short header") {
        world.redis.command({"HSET", key_of(ubuntu), ".", header.substr(0, 20)});
    }
    SUBCASE("with a page of keys and nothing besides") {
        world.redis.command({"HDEL", key_of(ubuntu), std::string("B\0\0", 3)});
    }
    SUBCASE("with a page of less than its keys need") {
        world.redis.command({"HSET", key_of(ubuntu), std::string("B\0\0", 3), "ab"});
    }
    FakeHost host(tracker.clock());
    const plugin::TrackerSessionPtr session(tracker.driver().open_session(host));
    std::vector<AnnounceRequest> requests{in_swarm(from(ipv4(1), nothing_left), debian),
                                          from(ipv4(1), some_left),
                                          in_swarm(from(ipv4(2), some_left), debian)};
    const auto replies = announce_all(host, *session, requests);
    CHECK(replies[0].failure.ok());
    CHECK(replies[1].answers == 1);
    CHECK(replies[1].failure.code == StatusCode::unavailable);
    CHECK(replies[2].failure.ok());
    CHECK(replies[2].ipv4 == std::vector{ipv4(1)});
    CHECK(host.lines_of(Severity::warning) == 1);
}

TEST_CASE("a header that says there are pages without end costs little and hurts nobody") {
    if (lacks_redis()) {
        return;
    }
    World world;
    Tracker& tracker = world.tracker;
    tracker.announce(from(ipv4(1), some_left));
    world.redis.command({"HSET", key_of(ubuntu), ".", std::string(43, '\xff')});
    world.redis.command({"CONFIG", "SET", "slowlog-log-slower-than", "2000000"});
    for (unsigned i = 1; i < 50; ++i) {
        tracker.announce(from(ipv4(i), i % 2, i % 3 == 0 ? Event::stopped : Event::none));
    }
    tracker.let_pass(lifetime);
    CHECK(world.redis.command({"SLOWLOG", "LEN"}) == "0");
}

TEST_CASE("a large swarm that shrinks by silence alone gives its pages back") {
    if (lacks_redis()) {
        return;
    }
    World world;
    Tracker& tracker = world.tracker;
    announce_many(tracker, 1600, 0, some_left);
    tracker.let_pass(lifetime - seconds(60));
    announce_many(tracker, 30, 0, some_left);
    tracker.let_pass(seconds(60) + expiry_slack);
    REQUIRE(tracker.scrape().leechers == 30);
    // The next looks at it merge what the first has left.
    const auto count_fields = [&] {
        return std::stoi(world.redis.command({"HLEN", key_of(ubuntu)}));
    };
    // Which rows meet on a page is left to chance: ten pages for thirty rows are seldom, but fine.
    constexpr int few = 30;
    for (int minute = 0; minute < 8 && count_fields() >= few; ++minute) {
        tracker.let_pass(seconds(60));
    }
    CHECK(count_fields() < few);
    CHECK(tracker.visit().ipv4.size() == 30);
}

TEST_CASE("a history that is kept for a lifetime of men does not end a swarm") {
    if (lacks_redis()) {
        return;
    }
    TrackerSetup setup = plain_setup();
    setup.history_lifetime = std::chrono::hours(24 * 365 * 100);
    World world(setup);
    world.tracker.announce(from(ipv4(1), some_left));
    const auto until = world.redis.command({"TTL", key_of(ubuntu)});
    CHECK(std::stoi(until) > 365 * 86'400);
}

TEST_CASE("a lifetime beyond what rows can tell is shortened, and the operator hears of it") {
    if (lacks_redis()) {
        return;
    }
    TrackerSetup setup = plain_setup();
    setup.peer_lifetime = std::chrono::hours(49);
    World world(setup);
    const auto lines = world.tracker.control().lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] ==
          "peer_lifetime is longer than 48h, which is the most that redis keeps a silent peer for; "
          "48h it is, set peer_lifetime to that or less");
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
