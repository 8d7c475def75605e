#include "tests/memory/kept_tracker.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>

TEST_SUITE_BEGIN("snapshots");

namespace chihaya::memory::test {
namespace {

/// All sorts of peers in all sorts of swarms, some of them dormant by now.
void populate(KeptTracker& tracker, std::uint32_t seed, std::uint32_t count) {
    std::mt19937 dice(seed);
    const auto draw = [&](std::uint32_t below) {
        return static_cast<std::uint32_t>(dice() % below);
    };
    for (std::uint32_t number = 0; number < count; ++number) {
        AnnounceRequest request = announce_of(draw(count), draw(3));
        request.info_hash = swarm_name(draw(3) == 0 ? 0 : draw(40));
        request.uploaded = dice();
        request.downloaded = dice();
        request.corrupt = draw(100);
        request.key = static_cast<std::uint32_t>(dice());
        if (draw(4) == 0) {
            request = with_account(request, 1 + draw(17));
        }
        if (draw(4) == 0) {
            request.ipv6 = ipv6(number);
        } else if (draw(4) == 0) {
            request = over_ipv6(request, number);
        }
        request.flags = draw(7) == 0 ? AnnounceFlags::hidden : AnnounceFlags::none;
        constexpr std::array events{Event::none, Event::completed, Event::paused, Event::started,
                                    Event::stopped};
        request.event = events.at(draw(events.size()));
        tracker.announce(request);
        if (number == count / 3) {
            tracker.let_pass(lifetime - seconds(30));
        }
        if (number == count / 2) {
            tracker.let_pass(expiry_slack + seconds(50));
        }
    }
}

/// A peer that `all` has and `some` does not, if there is one.
std::string missing_in(std::span<const PeerRecord> some, std::span<const PeerRecord> all,
                       bool keeps_ids) {
    const auto there = texts(some, keeps_ids);
    for (const std::string& text : texts(all, keeps_ids)) {
        if (!there.contains(text)) {
            return text;
        }
    }
    return {};
}

void check_same(KeptTracker& is, KeptTracker& was, bool keeps_ids) {
    for (std::uint32_t number = 0; number < 40; ++number) {
        CAPTURE(number);
        Collector before = was.read(swarm_name(number));
        Collector after = is.read(swarm_name(number));
        CHECK(after.record.counts == before.record.counts);
        CHECK(after.record.registered == before.record.registered);
        CHECK(missing_in(after.peers, before.peers, keeps_ids) == "");
        CHECK(missing_in(before.peers, after.peers, keeps_ids) == "");
    }
    for (const char* const name : {"swarms", "registered_swarms", "peers", "seeders", "leechers",
                                   "peers_ipv4", "peers_ipv6", "seeders_ipv6"}) {
        CAPTURE(name);
        CHECK(is.metric(name) == was.metric(name));
    }
}

}  // namespace

TEST_CASE("what was there when the tracker stopped is there when it starts") {
    const chihaya::test::TempDir folder;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        const bool keeps_ids = seed % 2 == 0;
        const std::uint32_t count = seed % 5 == 0 ? 12'000 : seed * 60;
        const auto file = folder / std::to_string(seed);
        KeptTracker was(setup_of(keeps_ids), file);
        populate(was, seed, count);
        was.register_torrents({3, 5, 100});
        KeptTracker witness(setup_of(keeps_ids), {});
        populate(witness, seed, count);
        witness.register_torrents({3, 5, 100});
        was.stop();

        KeptTracker is(setup_of(keeps_ids), file, witness.time());
        check_same(is, witness, keeps_ids);
        is.let_pass(lifetime / 2);
        witness.let_pass(lifetime / 2);
        check_same(is, witness, keeps_ids);
    }
}

TEST_CASE("what fell silent while the tracker was stopped is not there any more") {
    const chihaya::test::TempDir folder;
    const auto file = folder / "snapshot";
    KeptTracker was(setup_of(false), file);
    was.announce(announce_of(1));
    was.announce(with_account(announce_of(2), 7));
    was.let_pass(lifetime / 2);
    was.announce(announce_of(3));
    const auto time = was.time();
    was.stop();
    KeptTracker is(setup_of(false), file, time + lifetime / 2 + seconds(10));
    CHECK(is.metric("peers") == 1);
    const Collector there = is.read();
    REQUIRE(there.peers.size() == 2);
    CHECK(has(there.peers[1].flags, PeerFlags::dormant));
}

TEST_CASE("a clock that was turned back makes nobody younger or older") {
    const chihaya::test::TempDir folder;
    const auto file = folder / "snapshot";
    KeptTracker was(setup_of(false), file);
    was.announce(announce_of(1));
    was.let_pass(lifetime / 2);
    was.announce(announce_of(2));
    const auto time = was.time();
    was.stop();
    KeptTracker is(setup_of(false), file, time - std::chrono::hours(1000));
    CHECK(is.metric("peers") == 2);
    is.let_pass(lifetime / 2 + expiry_slack);
    CHECK(is.metric("peers") == 1);
    is.let_pass(lifetime / 2 + expiry_slack);
    CHECK(is.metric("peers") == 0);
}

TEST_CASE("a snapshot is for the tracker's own eyes") {
    const chihaya::test::TempDir folder;
    KeptTracker tracker(setup_of(false), folder / "snapshot");
    tracker.announce(announce_of(1));
    tracker.stop();
    const auto rights = std::filesystem::status(folder / "snapshot").permissions();
    CHECK(rights == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a driver that serves nobody writes no snapshot") {
    const chihaya::test::TempDir folder;
    {
        KeptTracker tracker(setup_of(false), folder / "snapshot");
        tracker.announce(announce_of(1));
        tracker.stop();
    }
    FakeClock clock;
    FakeHost host(clock);
    const auto before = std::filesystem::last_write_time(folder / "snapshot");
    auto* const driver = new MemoryDriver(host, setup_of(false), false);
    const Parameters parameters{.snapshot = folder / "snapshot"};
    REQUIRE(driver->keep(parameters, setup_of(false)));
    driver->release();
    CHECK(std::filesystem::last_write_time(folder / "snapshot") == before);
}

TEST_CASE("two processes do not share a snapshot") {
    const chihaya::test::TempDir folder;
    KeptTracker first(setup_of(false), folder / "snapshot");
    first.announce(announce_of(1));
    TrackerSetup anew = setup_of(false);
    anew.restore = false;
    KeptTracker second(anew, folder / "snapshot", {}, std::chrono::milliseconds(100));
    second.announce(announce_of(2));
    second.announce(announce_of(3));
    CHECK(second.metric("restored_peers") == 0);
    CHECK(second.metric("snapshots") == 0);
    first.stop();
    second.wait_for_snapshot();
    second.stop();
    KeptTracker third(setup_of(false), folder / "snapshot");
    CHECK(third.metric("peers") == 2);
}

TEST_CASE("snapshots are written at the interval while announces go on") {
    const chihaya::test::TempDir folder;
    KeptTracker tracker(setup_of(false), folder / "snapshot", {}, std::chrono::milliseconds(100));
    tracker.announce(announce_of(1));
    tracker.wait_for_snapshot();
    tracker.announce(announce_of(2));
    tracker.wait_for_snapshot();
    CHECK(tracker.metric("snapshot_bytes") > 0);
    CHECK(tracker.metric("snapshot_failures") == 0);
    CHECK(std::filesystem::exists(folder / "snapshot.old"));
    CHECK_FALSE(std::filesystem::exists(folder / "snapshot.new"));
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
