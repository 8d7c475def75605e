#include "core/logic/carry.hpp"

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
        return write("erased", torrents.size());
    }
    Status stopped(std::span<const AnnounceRequest> peers) override {
        for (const AnnounceRequest& peer : peers) {
            CHECK(peer.event == Event::stopped);
            CHECK(peer.room.ipv4 == nullptr);
        }
        return write("stopped", peers.size());
    }
    Status add_peers(const SwarmRecord& swarm, std::span<const PeerRecord> peers) override {
        for (const PeerRecord& peer : peers) {
            CHECK(has(peer.flags, PeerFlags::current));
        }
        swarms.push_back(swarm);
        return write("add_peers", peers.size());
    }

    std::vector<std::string> calls;
    std::vector<SwarmRecord> swarms;
    Status answer{};
    std::function<void()> while_busy;

private:
    Status write(const char* call, std::size_t count) {
        calls.push_back(std::string(call) + ":" + std::to_string(count));
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
    CHECK(world.target.calls == Calls{"add_peers:3", "add_peers:0"});
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
    CHECK(world.target.calls == Calls{"add_peers:2"});
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.carry.carried() == 0);
}

TEST_CASE("erasures come before stops, and stops before those who are there") {
    World world;
    world.one.note(announce_of(1));
    world.one.note(announce_of(9, Event::stopped));
    world.other.note_erased(std::array{TorrentErasure{.info_hash = debian}});
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"erased:1", "stopped:1", "add_peers:1", "add_peers:0"});
}

TEST_CASE("a swarm that has been told something is carried whole") {
    World world;
    world.one.note(announce_of(1));
    world.one.note_swarm(ubuntu);
    REQUIRE(world.carry.next_pass().ok());
    CHECK(world.target.calls == Calls{"add_peers:3"});
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
    CHECK(world.target.calls == Calls{"stopped:1", "add_peers:1"});
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
    CHECK(world.target.calls == Calls{"add_peers:1"});
}

TEST_CASE("what the target refuses ends the pass with its reason") {
    World world;
    world.target.answer = {StatusCode::unavailable, "away"};
    const Status status = world.carry.first_pass();
    CHECK(status.code == StatusCode::unavailable);
    CHECK(std::string_view(status.reason) == "away");
    CHECK(world.target.calls.size() == 1);
}

TEST_CASE("whoever ends it is heard between two swarms") {
    World world;
    world.target.while_busy = [&] {
        world.ends = true;
    };
    CHECK(!world.carry.first_pass().ok());
    CHECK(world.target.calls.size() == 1);
    CHECK(!world.carry.next_pass().ok());
}

TEST_SUITE_END();

}  // namespace chihaya::logic
