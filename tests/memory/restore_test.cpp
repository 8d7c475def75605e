#include "plugins/memory/snapshot_format.hpp"
#include "tests/memory/kept_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>

TEST_SUITE_BEGIN("what is restored of what is there");

namespace chihaya::memory::test {
namespace {

/// A snapshot of so many peers, of that generation.
Bytes snapshot_of(std::uint32_t peers, std::uint64_t generation) {
    const chihaya::test::TempDir folder;
    KeptTracker tracker(setup_of(false), folder / "snapshot");
    for (std::uint32_t number = 0; number < peers; ++number) {
        tracker.announce(announce_of(number));
    }
    tracker.stop();
    Bytes bytes = bytes_of(folder / "snapshot");
    std::array<std::uint8_t, snapshot_header_bytes> begin{};
    std::copy_n(bytes.begin(), begin.size(), begin.begin());
    SnapshotHeader header;
    REQUIRE(decode(begin, header) == HeaderFault::none);
    header.generation = generation;
    std::ranges::copy(encode(header), bytes.begin());
    return bytes;
}

Bytes with_damaged_header(Bytes bytes) {
    bytes[snapshot_header_bytes - 1] = static_cast<char>(bytes[snapshot_header_bytes - 1] ^ 1);
    return bytes;
}

/// Tries to start a tracker from what is in the folder.
struct Attempt {
    explicit Attempt(const std::filesystem::path& file) : host(clock) {
        auto* const driver = new MemoryDriver(host, setup_of(false), false);
        has_started = driver->keep({.snapshot = file}, setup_of(false));
        Metrics metrics;
        driver->report(metrics);
        peers = metrics.values.at("peers");
        driver->release();
    }
    FakeClock clock;
    FakeHost host;
    bool has_started = false;
    double peers = 0;
};

}  // namespace

TEST_CASE("a damaged snapshot does not push out the one before when a newer one gets its name") {
    const chihaya::test::TempDir folder;
    const Bytes newest = snapshot_of(5, 9);
    const Bytes oldest = snapshot_of(1, 3);
    const Bytes damaged = with_damaged_header(snapshot_of(2, 8));
    write(folder / "snapshot.new", newest);
    write(folder / "snapshot", damaged);
    write(folder / "snapshot.old", oldest);
    const Attempt first(folder / "snapshot");
    CHECK(first.peers == 5);
    CHECK(bytes_of(folder / "snapshot") == newest);
    CHECK(bytes_of(folder / "snapshot.old") == oldest);
    CHECK(bytes_of(folder / "snapshot.damaged-1") == damaged);
    CHECK(Attempt(folder / "snapshot").peers == 5);
}

TEST_CASE("where the one before is damaged, it is what is set aside") {
    const chihaya::test::TempDir folder;
    const Bytes newest = snapshot_of(5, 9);
    const Bytes good = snapshot_of(2, 8);
    const Bytes damaged = with_damaged_header(snapshot_of(1, 3));
    write(folder / "snapshot.new", newest);
    write(folder / "snapshot", good);
    write(folder / "snapshot.old", damaged);
    CHECK(Attempt(folder / "snapshot").peers == 5);
    CHECK(bytes_of(folder / "snapshot") == newest);
    CHECK(bytes_of(folder / "snapshot.old") == good);
    CHECK(bytes_of(folder / "snapshot.damaged-1") == damaged);
}

TEST_CASE("a snapshot that others may only read is restored") {
    const chihaya::test::TempDir folder;
    write(folder / "snapshot", snapshot_of(3, 4));
    std::filesystem::permissions(folder / "snapshot", std::filesystem::perms::owner_read |
                                                          std::filesystem::perms::others_read);
    CHECK(Attempt(folder / "snapshot").peers == 3);
}

TEST_CASE("a file that the system will not read stops the start, and stays") {
    // A folder opens, and refuses to be read: whoever runs this test, root too.
    const chihaya::test::TempDir folder;
    for (const char* const name : {"snapshot", "snapshot.new", "snapshot.journal-8"}) {
        CAPTURE(name);
        const auto at = folder / name;
        std::filesystem::create_directories(at / name);
        write(at / name / "inside", "x");
        const Bytes before = snapshot_of(2, 4);
        write(at / "snapshot.old", before);
        const Attempt attempt(at / "snapshot");
        CHECK_FALSE(attempt.has_started);
        CHECK(attempt.peers == 0);
        CHECK(attempt.host.lines_of(Severity::error) == 1);
        CHECK(has_line(attempt.host, "cannot be read: Is a directory; accepted are files"));
        CHECK(std::filesystem::exists(at / name / "inside"));
        CHECK(bytes_of(at / "snapshot.old") == before);
        CHECK_FALSE(std::filesystem::exists(at / "snapshot.damaged-1"));
    }
}

TEST_CASE("an unreadable snapshot before the one that is sound stops nothing") {
    const chihaya::test::TempDir folder;
    write(folder / "snapshot", snapshot_of(3, 4));
    std::filesystem::create_directories(folder / "snapshot.old");
    const Attempt attempt(folder / "snapshot");
    CHECK(attempt.has_started);
    CHECK(attempt.peers == 3);
}

TEST_CASE("a damaged journal is kept when snapshots have taken its place") {
    const chihaya::test::TempDir folder;
    Bytes damaged;
    {
        Registry registry;
        KeptTracker tracker(with(registry), folder / "a" / "snapshot");
        for (std::uint64_t number = 1; number <= 4; ++number) {
            const UserRecord user = user_of(number);
            REQUIRE(tracker.driver().put_users({&user, 1}).ok());
        }
        copy_files(folder / "a", folder / "b");
        damaged = bytes_of(folder / "b" / "snapshot.journal-1");
        damaged[40] = static_cast<char>(damaged[40] ^ 1);
        write(folder / "b" / "snapshot.journal-1", damaged);
    }
    Registry registry;
    KeptTracker tracker(with(registry), folder / "b" / "snapshot", {},
                        std::chrono::milliseconds(100));
    REQUIRE(tracker.driver().load(registry).ok());
    CHECK(tracker.host().lines_of(Severity::error) == 1);
    tracker.wait_for("snapshots", 4);
    CHECK_FALSE(std::filesystem::exists(folder / "b" / "snapshot.journal-1"));
    CHECK(bytes_of(folder / "b" / "snapshot.damaged-1") == damaged);
}

TEST_CASE("who fell silent meanwhile is not among the restored") {
    const chihaya::test::TempDir folder;
    KeptTracker was(setup_of(false), folder / "snapshot");
    was.announce(announce_of(1));
    was.announce(with_account(announce_of(2), 7));
    was.let_pass(lifetime / 2);
    was.announce(announce_of(3));
    const auto time = was.time();
    was.stop();
    KeptTracker is(setup_of(false), folder / "snapshot", time + lifetime / 2 + seconds(10));
    CHECK(is.metric("restored_peers") == 1);
    CHECK(has_line(is.host(),
                   "restored 1 peers in 1 swarms (the file holds 3 peers and histories "
                   "in 1)"));
}

TEST_CASE("peers of an account that was erased just before the stop do not come back") {
    const chihaya::test::TempDir folder;
    const std::array gone{UserId{7}};
    {
        Registry registry;
        KeptTracker was(with(registry), folder / "snapshot");
        AnnounceRequest both = with_account(announce_of(1), 7);
        both.ipv6 = ipv6(1);
        was.announce(both);
        was.announce(with_account(announce_of(2), 8));
        was.announce(announce_of(3));
        was.let_pass(seconds(1));
        REQUIRE(was.driver().erase_users(gone).ok());
    }
    Registry registry;
    KeptTracker is(with(registry), folder / "snapshot");
    CHECK(is.metric("restored_peers") == 2);
    CHECK(is.metric("peers_ipv6") == 0);
    for (const PeerRecord& peer : is.read().peers) {
        CHECK(peer.user != UserId{7});
    }
}

TEST_CASE("who comes back to an account of the same number is saved") {
    const chihaya::test::TempDir folder;
    const std::array gone{UserId{7}};
    {
        Registry registry;
        KeptTracker was(with(registry), folder / "snapshot");
        was.announce(with_account(announce_of(1), 7));
        REQUIRE(was.driver().erase_users(gone).ok());
        was.let_pass(seconds(2));
        was.announce(with_account(announce_of(1), 7));
    }
    Registry registry;
    KeptTracker is(with(registry), folder / "snapshot");
    CHECK(is.metric("restored_peers") == 1);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
