// Two trackers of one site, their swarms in one Redis.

#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>

TEST_SUITE_BEGIN("two trackers of a Gazelle site");

namespace chihaya::test {
namespace {

bool lacks_servers() {
    return lacks_mariadb() || lacks_redis();
}

}  // namespace

TEST_CASE("a peer that announces here and there is credited once, to the byte") {
    if (lacks_servers()) {
        return;
    }
    Site site(Gazelle::opsnet, shared_mariadb(), shared_redis());
    std::array<PrivateTracker, 2> trackers{PrivateTracker(site), PrivateTracker(site)};
    constexpr std::uint64_t rounds = 100;
    trackers[0].announce({.event = "started"});
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        trackers[round % 2].announce({.up = 1'001 * round, .down = 17 * round});
    }
    trackers[0].announce({.up = 1'001 * rounds + 3, .left = 0, .event = "completed"});
    trackers[1].announce({.up = 1'001 * rounds + 3, .left = 0, .event = "completed"});
    for (PrivateTracker& tracker : trackers) {
        tracker.wait_flushed();
    }
    // The last round's downloads went back: that voids the 3 bytes up, too.
    CHECK(site.credit(10) == Credit{1'001 * rounds, 17 * rounds});
    CHECK(site.torrent(100).balance == 77 + 1'001 * rounds - 17 * rounds);
    CHECK(site.torrent(100).snatched == 6);
    CHECK(site.torrent(100).crowd == Crowd{1, 0});
    CHECK(site.snatches().size() == 1);
    CHECK(site.peer_rows() == 1);
    for (PrivateTracker& tracker : trackers) {
        CHECK(tracker.scraped(100) == Counts{1, 6, 0});
    }
}

TEST_CASE("what the site says to one tracker holds at the other, too") {
    if (lacks_servers()) {
        return;
    }
    Site site(Gazelle::whatcd, shared_mariadb(), shared_redis());
    std::array<PrivateTracker, 2> trackers{PrivateTracker(site), PrivateTracker(site)};
    trackers[1].announce({.user = 10});
    REQUIRE(trackers[0].update("action=remove_user&passkey=" + passkey_of(10)).is_success);
    constexpr std::chrono::seconds patience{5};  // it takes milliseconds; machines may be loaded
    wait_until(
        "he is refused there, too",
        [&] {
            return trackers[1].ask({.user = 10}).body.find("Passkey not found") !=
                   std::string::npos;
        },
        patience);
    REQUIRE(trackers[1]
                .update("action=update_torrent&freetorrent=1&info_hash=" + escaped(hash_of(100)))
                .is_success);
    trackers[0].announce({.user = 15, .torrent = 102});
    trackers[0].announce({.user = 16, .event = "started"});
    wait_until(
        "downloads are free here, too",
        [&] {
            static std::uint64_t down = 0;
            const Credit before = site.credit(16);
            trackers[0].announce({.user = 16, .down = ++down});
            trackers[0].wait_flushed();
            return site.credit(16) == before;
        },
        patience);
}

}  // namespace chihaya::test

TEST_SUITE_END();
