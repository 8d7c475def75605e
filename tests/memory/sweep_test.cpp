#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("sweep");

namespace chihaya::memory::test {
namespace {

class Mourner final : public ExpirySink {
public:
    void expired(std::span<const ExpiredPeer> peers) noexcept override {
        most_at_once = std::max(most_at_once, peers.size());
        count += peers.size();
        last = peers.back();
    }
    std::size_t most_at_once = 0;
    std::size_t count = 0;
    ExpiredPeer last;
};

}  // namespace

TEST_CASE("a large swarm that falls silent goes piece by piece, within the slack") {
    constexpr std::uint32_t peers = 60'000;
    Tracker tracker;
    for (std::uint32_t number = 0; number < peers; ++number) {
        tracker.announce(announce_of(number));
    }
    tracker.let_pass(lifetime);
    CHECK(tracker.metric("peers") == peers);
    double most = 0;
    std::chrono::milliseconds passed{0};
    for (double left = peers; left != 0 && passed < expiry_slack;) {
        const std::chrono::milliseconds step{10};
        tracker.turn(step);
        passed += step;
        const double now = tracker.metric("peers");
        most = std::max(most, left - now);
        left = now;
    }
    CHECK(tracker.metric("peers") == 0);
    CHECK(tracker.metric("swarms") == 0);
    CHECK(tracker.metric("expired_peers") == peers);
    CHECK(most > 0);
    CHECK(most < 2000);
}

TEST_CASE("a site that falls silent at once is reported in pieces, everybody once") {
    constexpr std::uint32_t peers = 3000;
    Mourner mourner;
    Tracker tracker({.expiry = &mourner, .peer_lifetime = lifetime, .history_lifetime = lifetime});
    for (std::uint32_t number = 0; number < peers; ++number) {
        AnnounceRequest request = with_account(announce_of(number), 1 + number);
        request.info_hash.bytes[0] = static_cast<std::uint8_t>(number % 50);
        tracker.announce(request);
    }
    tracker.let_pass(lifetime);
    CHECK(mourner.count == 0);
    for (int i = 0; i < 6000; ++i) {
        tracker.turn(std::chrono::milliseconds(10));
    }
    CHECK(mourner.count == peers);
    CHECK(mourner.most_at_once <= SweepSlice::farewells_max);
    CHECK(tracker.metric("memory_bytes") < 600'000);
}

TEST_CASE("peers that announce while a large swarm is swept stay, and nobody else does") {
    constexpr std::uint32_t peers = 30'000;
    Tracker tracker;
    for (std::uint32_t number = 0; number < peers; ++number) {
        tracker.announce(announce_of(number, number % 2));
    }
    tracker.let_pass(lifetime);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < 6000; ++i) {
        tracker.turn(std::chrono::milliseconds(10));
        if (next < 1000) {
            tracker.announce(announce_of(next, (next + i) % 2));
            next += 1;
        }
    }
    CHECK(tracker.metric("peers") == 1000);
    CHECK(tracker.read().peers.size() == 1000);
}

TEST_CASE("an erased account is forgotten in every swarm, and may come back meanwhile") {
    Tracker tracker;
    for (std::uint32_t number = 0; number < 500; ++number) {
        AnnounceRequest request = with_account(announce_of(number), 1 + number % 2);
        request.info_hash.bytes[0] = static_cast<std::uint8_t>(number % 100);
        tracker.announce(request);
    }
    tracker.let_pass(seconds(2));
    const UserId erased{1};
    CHECK(tracker.driver().erase_users({&erased, 1}).ok());
    tracker.let_pass(seconds(1));
    tracker.announce(with_account(announce_of(9999), 1));
    tracker.let_pass(expiry_slack);
    CHECK(tracker.metric("peers") == 251);
}

TEST_CASE("seeders that fall silent are counted no more, nor the swarms they leave empty") {
    Tracker tracker;
    tracker.announce(announce_of(1, 0));
    AnnounceRequest dual_stacked = announce_of(2, 0);
    dual_stacked.ipv6 = ipv6(2);
    tracker.announce(dual_stacked);
    CHECK(tracker.metric("seeders_ipv4") == 1);
    CHECK(tracker.metric("seeders_ipv6") == 1);
    CHECK(tracker.metric("peers_ipv4") == 1);
    CHECK(tracker.metric("peers_ipv6") == 1);
    tracker.let_pass(lifetime + expiry_slack);
    for (const char* const name : {"seeders_ipv4", "seeders_ipv6", "peers_ipv4", "peers_ipv6"}) {
        CAPTURE(name);
        CHECK(tracker.metric(name) == 0);
    }
    tracker.announce(announce_of(1));
    tracker.announce(announce_of(1, 1, Event::stopped));
    CHECK(tracker.metric("swarms_added") == 2);
    CHECK(tracker.metric("swarms_removed") == 1);
    CHECK(tracker.metric("purged_swarms") == 1);
}

TEST_CASE("who falls silent and is remembered is in no array, and keeps its history") {
    Mourner mourner;
    Tracker tracker(
        {.expiry = &mourner, .peer_lifetime = lifetime, .history_lifetime = 10 * lifetime});
    AnnounceRequest request = with_account(announce_of(1), 7);
    request.uploaded = 12345;
    tracker.announce(request);
    tracker.let_pass(lifetime + expiry_slack);
    CHECK(mourner.count == 1);
    CHECK(mourner.last.peer.ipv4 == ipv4(1));
    CHECK(has(mourner.last.peer.flags, PeerFlags::dormant));
    CHECK(tracker.metric("peers_ipv4") == 0);
    CHECK(tracker.metric("swarms") == 1);
    const Reply back = tracker.announce(request);
    CHECK(back.told.history.was_dormant);
    CHECK(back.told.history.uploaded == 12345);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
