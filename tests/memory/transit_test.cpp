#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <tuple>

TEST_SUITE_BEGIN("swarms in transit");

namespace chihaya::memory::test {
namespace {

/// Takes every swarm into another driver.
class Mover final : public SwarmSink {
public:
    explicit Mover(TrackerDriver& to) : to_(to) {}
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override {
        CHECK(to_.add_peers(swarm, peers).ok());
        return true;
    }

private:
    TrackerDriver& to_;
};

TrackerSetup with_memory() {
    return {.peer_lifetime = lifetime, .history_lifetime = 4 * lifetime, .keep_peer_ids = true};
}

/// All sorts of peers, some of them dormant by now.
void populate(Tracker& tracker) {
    for (std::uint32_t number = 0; number < 900; ++number) {
        AnnounceRequest request = announce_of(number, number % 3);
        request.info_hash.bytes[0] = static_cast<std::uint8_t>(number % 20 == 0 ? 1 : number % 19);
        request.uploaded = number;
        request.key = number;
        if (number % 5 == 1) {
            request = with_account(request, 1 + number % 17);
        }
        if (number % 4 == 2) {
            request.ipv6 = ipv6(number);
        } else if (number % 4 == 3) {
            request = over_ipv6(request, number);
        }
        request.flags = number % 7 == 0 ? AnnounceFlags::hidden : AnnounceFlags::none;
        request.event = number % 11 == 0 ? Event::paused : Event::completed;
        tracker.announce(request);
        if (number == 300) {
            tracker.let_pass(lifetime - seconds(30));
        }
        if (number == 600) {
            tracker.let_pass(expiry_slack + seconds(50));
        }
    }
}

bool before(const PeerRecord& a, const PeerRecord& b) {
    return std::tie(a.user, a.peer_id.bytes, a.ipv4.wire, a.ipv6.wire) <
           std::tie(b.user, b.peer_id.bytes, b.ipv4.wire, b.ipv6.wire);
}

bool same(const PeerRecord& a, const PeerRecord& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("what one driver shows and another takes in, that one shows as well") {
    Tracker from(with_memory());
    populate(from);
    Tracker to(with_memory());
    to.let_pass(from.now() - to.now());
    Mover mover(to.driver());
    REQUIRE(from.driver().read_swarms(mover).ok());

    std::size_t dormant = 0;
    for (std::uint8_t number = 0; number < 20; ++number) {
        InfoHash name = ubuntu;
        name.bytes[0] = number;
        Collector was = from.read(name);
        Collector is = to.read(name);
        CHECK(is.record.counts == was.record.counts);
        REQUIRE(is.peers.size() == was.peers.size());
        std::ranges::sort(was.peers, before);
        std::ranges::sort(is.peers, before);
        for (std::size_t i = 0; i < is.peers.size(); ++i) {
            CHECK(same(is.peers[i], was.peers[i]));
            dormant += has(is.peers[i].flags, PeerFlags::dormant) ? 1U : 0U;
        }
    }
    CHECK(dormant > 10);
    for (const char* const name : {"swarms", "peers", "seeders", "peers_ipv4", "peers_ipv6"}) {
        CAPTURE(name);
        CHECK(to.metric(name) == from.metric(name));
    }
}

TEST_CASE("taking in the same twice changes nothing") {
    Tracker tracker(with_memory());
    populate(tracker);
    const double peers = tracker.metric("peers");
    const double ipv6 = tracker.metric("peers_ipv6");
    const double ipv6_seeders = tracker.metric("seeders_ipv6");
    Mover mover(tracker.driver());
    REQUIRE(tracker.driver().read_swarms(mover).ok());
    CHECK(tracker.metric("peers") == peers);
    CHECK(tracker.metric("peers_ipv6") == ipv6);
    CHECK(tracker.metric("seeders_ipv6") == ipv6_seeders);
}

TEST_CASE("added peers expire when they would have, had they announced here") {
    Tracker tracker({.peer_lifetime = lifetime, .history_lifetime = lifetime});
    const SwarmRecord swarm{.info_hash = ubuntu};
    const auto at = [&](seconds ago) {
        return std::chrono::sys_seconds(tracker.now() - ago);
    };
    tracker.announce(announce_of(0));
    const std::array<PeerRecord, 3> peers{
        PeerRecord{.ipv4 = ipv4(1), .last_announce = at(seconds(500))},
        PeerRecord{.ipv4 = ipv4(2), .last_announce = at(seconds(0))},
        PeerRecord{.ipv4 = ipv4(3), .last_announce = at(lifetime + seconds(100))}};
    REQUIRE(tracker.driver().add_peers(swarm, peers).ok());
    CHECK(tracker.metric("peers") == 3);
    tracker.let_pass(seconds(100) + expiry_slack);
    CHECK(tracker.metric("peers") == 2);
    tracker.let_pass(lifetime);
    CHECK(tracker.metric("peers") == 0);
}

TEST_CASE("a record from the far future is as good as one from now, and no better") {
    Tracker tracker;
    const PeerRecord peer{.ipv4 = ipv4(1),
                          .last_announce = std::chrono::sys_seconds(seconds(0xffffffff))};
    REQUIRE(tracker.driver().add_peers({.info_hash = ubuntu}, {&peer, 1}).ok());
    CHECK(tracker.metric("peers") == 1);
    tracker.let_pass(lifetime + seconds(TickScale::skew_max) + expiry_slack);
    CHECK(tracker.metric("peers") == 0);
}

TEST_CASE("a record that names no peer is left out, and leaves no swarm behind") {
    Tracker tracker;
    const PeerRecord nobody{.last_announce = std::chrono::sys_seconds(tracker.now())};
    REQUIRE(tracker.driver().add_peers({.info_hash = ubuntu}, {&nobody, 1}).ok());
    REQUIRE(tracker.driver().add_peers({.info_hash = ubuntu}, {}).ok());
    CHECK(tracker.metric("swarms") == 0);
}

TEST_CASE("a large swarm is shown in pieces") {
    Tracker tracker;
    for (std::uint32_t number = 0; number < 1000; ++number) {
        tracker.announce(announce_of(number));
    }
    const Collector shown = tracker.read();
    CHECK(shown.peers.size() == 1000);
    CHECK(shown.calls == 16);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
