#include "plugins/memory/choice.hpp"

#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

TEST_SUITE_BEGIN("choice of peers");

namespace chihaya::memory::test {
namespace {

using Wire = std::array<std::uint8_t, 6>;

/// How often each of `count` peers was handed out in `replies` replies of `want`.
std::map<Wire, std::uint32_t> tally(Tracker& tracker, std::uint32_t replies, std::uint32_t want) {
    std::map<Wire, std::uint32_t> times;
    AnnounceRequest request = announce_of(0);
    request.num_want_ipv4 = want;
    for (std::uint32_t i = 0; i < replies; ++i) {
        const Reply reply = tracker.announce(request);
        for (const Ipv4Endpoint& peer : reply.ipv4s()) {
            ++times[peer.wire];
        }
    }
    return times;
}

/// Joins without asking for anybody, which is quick.
void join(Tracker& tracker, AnnounceRequest request) {
    request.num_want_ipv4 = 0;
    tracker.announce(request);
}

double chi_square(const std::map<Wire, std::uint32_t>& times, std::size_t peers, double expected) {
    double sum = static_cast<double>(peers - times.size()) * expected;  // those never seen
    for (const auto& [peer, count] : times) {
        sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
}

}  // namespace

TEST_CASE("in time every one of ten thousand peers is handed out as often as any other") {
    constexpr std::uint32_t peers = 10'000;
    constexpr std::uint32_t replies = 100'000;
    constexpr std::uint32_t want = 10;
    Tracker tracker;
    for (std::uint32_t number = 1; number <= peers; ++number) {
        join(tracker, announce_of(number));
    }
    const auto times = tally(tracker, replies, want);
    CHECK(times.size() == peers);
    CHECK_FALSE(times.contains(ipv4(0).wire));
    // Of 9 999 degrees of freedom the statistic's spread is about 141; choosing from strata makes
    // it smaller, never larger.
    CHECK(chi_square(times, peers, double{replies} * want / peers) < peers + 6 * 141.0);
}

TEST_CASE("uniform also where strata are of one and two") {
    Tracker tracker;
    for (std::uint32_t number = 1; number <= 70; ++number) {
        join(tracker, announce_of(number));
    }
    const auto times = tally(tracker, 20'000, 50);
    CHECK(times.size() == 70);
    for (const auto& [peer, count] : times) {
        CHECK(count > 20'000 * 50 / 70 - 600);
        CHECK(count < 20'000 * 50 / 70 + 600);
    }
}

TEST_CASE("a reply names nobody twice and never the announcer") {
    Tracker tracker;
    for (std::uint32_t number = 0; number < 400; ++number) {
        join(tracker, announce_of(number, number % 3));
    }
    for (std::uint32_t number = 0; number < 400; ++number) {
        AnnounceRequest request = announce_of(number, number % 3);
        request.num_want_ipv4 = 1 + number;
        const Reply reply = tracker.announce(request);
        std::set<Wire> distinct;
        for (const Ipv4Endpoint& peer : reply.ipv4s()) {
            CHECK(peer != request.ipv4);
            distinct.insert(peer.wire);
        }
        CHECK(distinct.size() == reply.told.ipv4_peers);
        CHECK(reply.told.ipv4_peers == std::min(1 + number, 399U));
    }
}

TEST_CASE("fifty replies in a row are not shifted copies of each other") {
    Tracker tracker;
    for (std::uint32_t number = 1; number <= 10'000; ++number) {
        join(tracker, announce_of(number));
    }
    const Reply first = tracker.announce(announce_of(0));
    const std::set<std::uint32_t> gaps = [&] {
        std::set<std::uint32_t> found;
        for (int i = 0; i < 50; ++i) {
            const Reply other = tracker.announce(announce_of(0));
            for (std::uint32_t k = 0; k < 50; ++k) {
                const auto at = [&](const Reply& reply) {
                    const auto& wire = reply.ipv4s()[k].wire;
                    return wire[2] * 256U + wire[3];
                };
                found.insert(at(other) - at(first));
            }
        }
        return found;
    }();
    CHECK(gaps.size() > 1000);
}

TEST_CASE("replies in a row to one client have no more in common than the dice would have it") {
    constexpr std::uint32_t peers = 10'000;
    constexpr std::uint32_t want = 50;
    constexpr int replies = 2000;
    Tracker tracker;
    for (std::uint32_t number = 1; number <= peers; ++number) {
        join(tracker, announce_of(number));
    }
    AnnounceRequest request = announce_of(0);
    request.num_want_ipv4 = want;
    std::set<Wire> before;
    std::uint32_t common = 0;
    for (int i = 0; i < replies; ++i) {
        std::set<Wire> now;
        const Reply reply = tracker.announce(request);
        for (const Ipv4Endpoint& peer : reply.ipv4s()) {
            common += before.contains(peer.wire) ? 1U : 0U;
            now.insert(peer.wire);
        }
        before = std::move(now);
    }
    // A quarter of a peer each; over so many replies the mean strays by about a hundredth.
    const double mean = static_cast<double>(common) / replies;
    CHECK(mean > 0.2);
    CHECK(mean < 0.3);
}

TEST_CASE("the quota is three quarters of seeders, the rest leechers, then whoever is left") {
    const auto is = [](Quota found, std::uint32_t seeders, std::uint32_t leechers) {
        return found.seeders == seeders && found.leechers == leechers;
    };
    CHECK(is(quota(100, 100, 40), 30, 10));
    CHECK(is(quota(100, 0, 40), 40, 0));
    CHECK(is(quota(0, 100, 40), 0, 40));
    CHECK(is(quota(100, 4, 40), 36, 4));
    CHECK(is(quota(10, 100, 40), 10, 30));
    CHECK(is(quota(3, 4, 40), 3, 4));
    CHECK(is(quota(9, 9, 1), 1, 0));
    CHECK(is(quota(9, 9, 0), 0, 0));
}

TEST_CASE("an account with more clients than are counted off is not handed its own") {
    Tracker tracker;
    for (std::uint32_t number = 0; number < 300; ++number) {
        tracker.announce(with_account(announce_of(number, number % 2), number < 200 ? 7 : 8));
    }
    for (std::uint32_t number = 0; number < 200; ++number) {
        AnnounceRequest request = with_account(announce_of(number, number % 2), 7);
        request.num_want_ipv4 = 200;
        const Reply reply = tracker.announce(request);
        CHECK(reply.told.history.known);
        CHECK(reply.told.ipv4_peers == 100);
        for (const Ipv4Endpoint& peer : reply.ipv4s()) {
            CHECK(peer.wire[3] + 256 * peer.wire[2] >= 200);
        }
    }
}

TEST_CASE("peers out of reach are left out of large swarms too") {
    Tracker tracker;
    for (std::uint32_t number = 1; number <= 9000; ++number) {
        AnnounceRequest request = announce_of(number);
        if (number % 2 == 0) {
            request.ipv4.wire[0] = 10;
        }
        join(tracker, request);
    }
    for (int i = 0; i < 50; ++i) {
        const Reply reply = tracker.announce(announce_of(0));
        CHECK(reply.told.ipv4_peers == 50);
        for (const Ipv4Endpoint& peer : reply.ipv4s()) {
            CHECK(peer.wire[0] != 10);
        }
    }
}

TEST_CASE("of a preferred subnet everybody comes first, in a small swarm and in a large one") {
    for (const std::uint32_t peers : {300U, 9000U}) {
        CAPTURE(peers);
        Tracker tracker({.peer_lifetime = lifetime, .preferred_ipv4_bits = 24});
        for (std::uint32_t number = 256; number < peers; ++number) {
            join(tracker, announce_of(number, number % 3));
        }
        for (std::uint32_t number = 1; number <= 20; ++number) {
            join(tracker, announce_of(number, number % 2));
        }
        const Reply reply = tracker.announce(announce_of(0));
        REQUIRE(reply.told.ipv4_peers == 50U);
        for (std::size_t i = 0; i < 50; ++i) {
            const auto& wire = reply.ipv4s()[i].wire;
            CHECK((wire[1] == 0 && wire[2] == 0) == (i < 20));
        }
    }
}

TEST_CASE("in a vast swarm a neighbour is looked for among so many only, and found in time") {
    constexpr std::uint32_t replies = 200;
    Tracker tracker({.peer_lifetime = lifetime, .preferred_ipv4_bits = 24});
    for (std::uint32_t number = 256; number < 40'000; ++number) {
        join(tracker, announce_of(number));
    }
    join(tracker, announce_of(1));
    const auto times = tally(tracker, replies, 50);
    REQUIRE(times.contains(ipv4(1).wire));
    CHECK(times.at(ipv4(1).wire) < replies);
}

TEST_CASE("two accounts that claim one endpoint are handed out once, and not to each other") {
    Tracker tracker;
    tracker.announce(with_account(announce_of(1), 7));
    const Reply own = tracker.announce(with_account(announce_of(1), 8));
    CHECK(own.told.counts.leechers == 2);
    CHECK(own.told.ipv4_peers == 0);
    CHECK(tracker.announce(with_account(announce_of(1), 7)).told.ipv4_peers == 0);
    CHECK(tracker.announce(announce_of(2)).told.ipv4_peers == 1);
}

TEST_CASE("naming a stranger's IPv6 address neither hides nor ends the stranger") {
    Tracker tracker;
    tracker.announce(over_ipv6(announce_of(1), 1));
    AnnounceRequest attack = announce_of(2);
    attack.ipv6 = ipv6(1);
    CHECK(tracker.announce(attack).told.counts.leechers == 2);
    attack.event = Event::stopped;
    CHECK(tracker.announce(attack).told.counts.leechers == 1);
    const Reply reply = tracker.announce(announce_of(3));
    REQUIRE(reply.told.ipv6_peers == 1);
    CHECK(reply.ipv6s()[0] == ipv6(1));
}

TEST_CASE("a swarm of three chooses by the rules as well") {
    Tracker tracker;
    tracker.announce(announce_of(1, 0));
    tracker.announce(announce_of(2, 1));
    AnnounceRequest request = announce_of(3, 1);
    request.num_want_ipv4 = 1;
    for (int i = 0; i < 20; ++i) {
        const Reply reply = tracker.announce(request);
        REQUIRE(reply.told.ipv4_peers == 1);
        CHECK(reply.ipv4s()[0] == ipv4(1));
    }
    tracker.announce(announce_of(1, 1));
    std::set<Wire> seen;
    for (int i = 0; i < 60; ++i) {
        seen.insert(tracker.announce(request).ipv4s()[0].wire);
    }
    CHECK(seen.size() == 2);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
