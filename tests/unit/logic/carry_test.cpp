#include "core/logic/carry.hpp"

#include "core/base/limits.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <array>

namespace chihaya::logic {
namespace {

constexpr InfoHash ubuntu{{1}};
constexpr InfoHash debian{{2}};

Ipv4Endpoint at(std::uint8_t last) {
    return {{10, 0, 0, last, 0x1a, 0xe1}};
}

AnnounceRequest announce_of(std::uint8_t last, Event event = Event::none,
                            const InfoHash& info_hash = ubuntu) {
    AnnounceRequest request;
    request.info_hash = info_hash;
    request.ipv4 = at(last);
    request.event = event;
    return request;
}

/// Writes down what it is handed, in order.
class Written final : public CarryTarget {
public:
    Status erased(std::span<const TorrentErasure> torrents) override {
        return write("erased", std::to_string(torrents.size()));
    }
    Status stopped(std::span<const AnnounceRequest> peers) override {
        for (const AnnounceRequest& peer : peers) {
            CHECK(peer.event == Event::stopped);
            CHECK(peer.room.ipv4 == nullptr);
        }
        return write("stopped", std::to_string(peers.size()));
    }
    Status add_swarms(std::span<const SwarmInTransit> some) override {
        std::string sizes;
        for (const SwarmInTransit& one : some) {
            for (const PeerRecord& peer : one.peers) {
                CHECK(has(peer.flags, PeerFlags::current));
            }
            swarms.push_back(one.swarm);
            sizes += (sizes.empty() ? "" : "+") + std::to_string(one.peers.size());
        }
        return write("add_swarms", sizes);
    }

    std::vector<std::string> calls;
    std::vector<SwarmRecord> swarms;
    Status answer{};
    std::function<void()> while_busy;

private:
    Status write(const char* call, const std::string& count) {
        calls.push_back(std::string(call) + ":" + count);
        if (while_busy) {
            while_busy();
        }
        return answer;
    }
};

struct World {
    World() {
        std::vector<PeerRecord> peers(3);
        for (std::uint8_t i = 0; i < 3; ++i) {
            peers[i].ipv4 = at(static_cast<std::uint8_t>(i + 1));
        }
        const SwarmCounts counts{.leechers = 3, .snatches = 7};
        driver.swarms = {{{.info_hash = ubuntu, .counts = counts}, peers},
                         {{.info_hash = debian, .registered = true}, {}}};
    }

    test::ScriptedTracker driver;
    Written target;
    ChangedSwarms one;
    ChangedSwarms other;
    std::atomic<bool> ends{false};
    Carry carry{driver, target, {&one, &other}, ends};
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("carry");

TEST_CASE("the first pass carries every swarm, empty ones too") {
    World world;
    REQUIRE(world.carry.first_pass().ok());
    CHECK(world.target.calls == Calls{"add_swarms:3+0"});
    CHECK(world.carry.carried() == 2);
    CHECK(world.carry.peers() == 3);
    CHECK(world.target.swarms[0].counts.snatches == 7);
    CHECK(world.target.swarms[1].registered);
}

TEST_CASE("a further pass carries what was noted, once, and nothing when nothing was") {
    World world;
    REQUIRE(world.carry.first_pass().ok());
    world.target.calls.clear();
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls.empty());
    CHECK(world.carry.carried() == 0);
    world.one.note(announce_of(1));
    world.one.note(announce_of(1));
    world.other.note(announce_of(2));
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"add_swarms:2"});
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.carry.carried() == 0);
}

TEST_CASE("erasures come before stops, and stops before those who are there") {
    World world;
    world.one.note(announce_of(1));
    world.one.note(announce_of(9, Event::stopped));
    world.other.note_erased(std::array{TorrentErasure{.info_hash = debian}});
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"erased:1", "stopped:1", "add_swarms:1+0"});
}

TEST_CASE("a swarm that has been told something is carried whole") {
    World world;
    world.one.note(announce_of(1));
    world.one.note_swarm(ubuntu);
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"add_swarms:3"});
}

TEST_CASE("a peer that fell silent is stopped, and carried again where it is dormant") {
    World world;
    PeerRecord gone;
    gone.user = UserId{7};
    gone.peer_id = {{'A'}};
    gone.flags = PeerFlags::dormant;
    world.driver.swarms[0].second.push_back(gone);
    world.one.note_silent({.info_hash = ubuntu, .peer = gone});
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"stopped:1", "add_swarms:1"});
}

TEST_CASE("a peer known at two addresses has changed when it announces from either") {
    World world;
    PeerRecord& peer = world.driver.swarms[0].second[0];
    peer.ipv6.wire = {0x2a, 1};
    peer.ipv6.wire[17] = 1;
    AnnounceRequest request = announce_of(0);
    request.ipv4 = {};
    request.ipv6 = peer.ipv6;
    world.one.note(request);
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"add_swarms:1"});
}

TEST_CASE("what the target refuses ends the pass with its reason") {
    World world;
    world.target.answer = {StatusCode::unavailable, "away"};
    const Status status = world.carry.first_pass();
    CHECK(status.code == StatusCode::unavailable);
    CHECK(std::string_view(status.reason) == "away");
    CHECK(world.target.calls.size() == 1);
}

TEST_CASE("whoever ends it is heard between two loads of swarms") {
    World world;
    for (std::uint8_t i = 0; i < 200; ++i) {
        for (std::uint8_t j = 0; j < 2; ++j) {
            world.driver.swarms.push_back({{.info_hash = InfoHash{{9, i, j}}}, {}});
        }
    }
    world.target.while_busy = [&] {
        world.ends = true;
    };
    CHECK(!world.carry.first_pass().ok());
    CHECK(world.target.calls.size() == 1);
    CHECK(!world.carry.next_pass().ok());
}

TEST_CASE("many swarms are carried in loads of bounded size, each swarm once and whole") {
    World world;
    world.driver.swarms.clear();
    for (std::uint8_t i = 0; i < 100; ++i) {
        world.driver.swarms.push_back({{.info_hash = InfoHash{{9, i}}},
                                       std::vector<PeerRecord>(limits::carry_peers_at_once / 8)});
    }
    REQUIRE(world.carry.first_pass().ok());
    CHECK(world.target.calls.size() == 13);
    REQUIRE(world.target.swarms.size() == 100);
    for (std::uint8_t i = 0; i < 100; ++i) {
        CHECK(world.target.swarms[i].info_hash == InfoHash{{9, i}});
    }
    CHECK(world.carry.peers() == 100 * (limits::carry_peers_at_once / 8));
}

TEST_CASE("a swarm that has gone meanwhile is left out, and those after it are carried") {
    World world;
    const InfoHash gone{{1, 1}};
    world.one.note(announce_of(1));
    world.one.note(announce_of(1, Event::none, gone));
    world.other.note_swarm(debian);
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"add_swarms:1+0"});
}

TEST_SUITE_END();

}  // namespace chihaya::logic
