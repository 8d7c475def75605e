#include "plugins/memory/checksum.hpp"
#include "plugins/memory/snapshot_format.hpp"
#include "tests/memory/kept_files.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

TEST_SUITE_BEGIN("damaged snapshots and journals");

namespace chihaya::memory::test {
namespace {

/// A folder with a snapshot of three peers and one before it with one.
class TwoSnapshots {
public:
    TwoSnapshots() {
        for (const std::uint32_t peers : {1U, 3U}) {
            KeptTracker tracker(setup_of(false), folder_ / "snapshot");
            for (std::uint32_t number = 0; number < peers; ++number) {
                AnnounceRequest request = announce_of(number);
                request.ipv6 = number == 1 ? ipv6(number) : Ipv6Endpoint{};
                tracker.announce(number == 2 ? with_account(request, 7) : request);
            }
        }
        current = bytes_of(folder_ / "snapshot");
        previous = bytes_of(folder_ / "snapshot.old");
    }

    /// How many peers a tracker has that finds these files, and what it says.
    struct Start {
        double peers = 0;
        std::size_t errors = 0;
        std::vector<std::string> lines;
    };
    Start start(const Bytes& now, const Bytes& before) {
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
            std::filesystem::remove(entry.path());
        }
        write(folder_ / "snapshot", now);
        write(folder_ / "snapshot.old", before);
        FakeClock clock;
        FakeHost host(clock);
        auto* const driver = new MemoryDriver(host, setup_of(false), false);
        REQUIRE(driver->keep({.snapshot = folder_ / "snapshot"}, setup_of(false)));
        Metrics metrics;
        driver->report(metrics);
        driver->release();
        return {metrics.values.at("peers"), host.lines_of(Severity::error), host.lines()};
    }
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return folder_ / name; }

    Bytes current;
    Bytes previous;

private:
    chihaya::test::TempDir folder_;
};

}  // namespace

TEST_CASE("a snapshot with any bit turned is refused, kept, and the one before is taken") {
    TwoSnapshots files;
    REQUIRE(files.start(files.current, files.previous).peers == 3);
    for (std::size_t at = 0; at < files.current.size(); ++at) {
        CAPTURE(at);
        Bytes damaged = files.current;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        const auto start = files.start(damaged, files.previous);
        CHECK(start.peers == 1);
        CHECK(start.errors == 1);
        CHECK(bytes_of(files / "snapshot.damaged-1") == damaged);
    }
}

TEST_CASE("a snapshot cut off anywhere is refused, kept, and the one before is taken") {
    TwoSnapshots files;
    for (std::size_t size = 0; size < files.current.size(); ++size) {
        CAPTURE(size);
        const auto start = files.start(files.current.substr(0, size), files.previous);
        CHECK(start.peers == 1);
        CHECK(start.errors == 1);
        CHECK(std::filesystem::exists(files / "snapshot.damaged-1"));
    }
    CHECK(files.start(files.current + "x", files.previous).peers == 1);
}

TEST_CASE("without any good snapshot a tracker starts empty, and says so") {
    TwoSnapshots files;
    const auto start = files.start("nonsense", files.previous.substr(0, 100));
    CHECK(start.peers == 0);
    CHECK(start.errors == 3);
    CHECK(start.lines.back() == "snapshot: there is no good one; starting without swarms");
}

TEST_CASE("a snapshot of a newer version is refused and put aside for that version") {
    TwoSnapshots files;
    SnapshotHeader header;
    header.generation = 9;
    auto bytes = encode(header);
    bytes[8] = 2;  // the version
    const auto payload = std::span(bytes).first(snapshot_header_bytes - 4);
    bytes.resize(snapshot_header_bytes - 4);
    ByteWriter(bytes).number(checksum({payload}));
    const auto start = files.start(Bytes(bytes.begin(), bytes.end()), files.previous);
    CHECK(start.peers == 1);
    CHECK(start.errors == 1);
    CHECK(std::filesystem::exists(files / "snapshot.newer-1"));
}

TEST_CASE("a process killed between two renames has lost nothing") {
    TwoSnapshots files;
    chihaya::test::TempDir folder;
    write(folder / "snapshot.new", files.current);
    write(folder / "snapshot.old", files.previous);
    KeptTracker tracker(setup_of(false), folder / "snapshot");
    CHECK(tracker.metric("peers") == 3);
    CHECK(bytes_of(folder / "snapshot") == files.current);
}

TEST_CASE("a snapshot that was never finished is no news") {
    TwoSnapshots files;
    chihaya::test::TempDir folder;
    write(folder / "snapshot.new", files.current.substr(0, 90));
    write(folder / "snapshot", files.previous);
    KeptTracker tracker(setup_of(false), folder / "snapshot");
    CHECK(tracker.metric("peers") == 1);
    CHECK(tracker.host().lines_of(Severity::error) == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "snapshot.new"));
}

TEST_CASE("changes of the registry that were answered ok survive without a snapshot") {
    chihaya::test::TempDir folder;
    Registry registry;
    KeptTracker tracker(with(registry), folder / "a" / "snapshot");
    for (std::uint64_t number = 1; number <= 40; ++number) {
        const UserRecord user = user_of(number);
        REQUIRE(tracker.driver().put_users({&user, 1}).ok());
    }
    const std::array gone{UserId{3}, UserId{4}};
    REQUIRE(tracker.driver().erase_users(gone).ok());
    const TokenRecord token{.user = UserId{7}, .info_hash = ubuntu};
    REQUIRE(tracker.driver().put_tokens({&token, 1}).ok());
    const ClientRecord client{.prefix = {{'-', 'T', 'R'}, 3}};
    REQUIRE(tracker.driver().put_clients({&client, 1}).ok());
    tracker.register_torrents({5});
    copy_files(folder / "a", folder / "b");

    Registry loaded;
    KeptTracker next(with(loaded), folder / "b" / "snapshot");
    CHECK(next.metric("registered_swarms") == 1);
    REQUIRE(next.driver().load(loaded).ok());
    CHECK(loaded.users.size() == 38);
    CHECK(loaded.torrents.size() == 1);
    CHECK(loaded.clients.size() == 1);
    CHECK(loaded.tokens.size() == 1);
    Registry again;
    REQUIRE(next.driver().load(again).ok());
    CHECK(again.users.empty());
}

TEST_CASE("a journal that is torn or damaged anywhere gives what is before that") {
    chihaya::test::TempDir folder;
    Registry registry;
    KeptTracker tracker(with(registry), folder / "a" / "snapshot");
    for (std::uint64_t number = 1; number <= 4; ++number) {
        const UserRecord user = user_of(number);
        REQUIRE(tracker.driver().put_users({&user, 1}).ok());
    }
    const Bytes whole = bytes_of(folder / "a" / "snapshot.journal-1");
    constexpr std::size_t header = 16;
    const std::size_t record = (whole.size() - header) / 4;
    const auto users_of = [&](const Bytes& journal) {
        std::filesystem::remove_all(folder / "b");
        std::filesystem::create_directories(folder / "b");
        write(folder / "b" / "snapshot.journal-1", journal);
        Registry loaded;
        KeptTracker next(with(loaded), folder / "b" / "snapshot");
        REQUIRE(next.driver().load(loaded).ok());
        return loaded.users.size();
    };
    CHECK(users_of(whole) == 4);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        const std::size_t before = at < header ? 0 : (at - header) / record;
        CHECK(users_of(whole.substr(0, at)) == before);
        Bytes damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        CHECK(users_of(damaged) == before);
    }
}

TEST_CASE("what was erased after the snapshot was begun is not restored") {
    chihaya::test::TempDir folder;
    Registry registry;
    KeptTracker tracker(with(registry), folder / "a" / "snapshot", {},
                        std::chrono::milliseconds(100));
    tracker.announce(with_account(announce_of(1), 7));
    tracker.announce(with_account(announce_of(2), 8));
    AnnounceRequest other = announce_of(3);
    other.info_hash = swarm_name(9);
    tracker.announce(other);
    tracker.wait_for_snapshot();
    tracker.wait_for_snapshot();
    REQUIRE(tracker.driver().reconfigure(with(registry)).code == StatusCode::ok);
    copy_files(folder / "a", folder / "b");
    {
        // Journals of this process are behind the snapshot.
        Registry loaded;
        KeptTracker next(with(loaded), folder / "b" / "snapshot");
        const std::array gone{UserId{7}};
        REQUIRE(next.driver().erase_users(gone).ok());
        const TorrentErasure erased{.info_hash = swarm_name(9)};
        REQUIRE(next.driver().erase_torrents({&erased, 1}).ok());
        copy_files(folder / "b", folder / "c");
    }
    Registry loaded;
    KeptTracker last(with(loaded), folder / "c" / "snapshot");
    CHECK(last.metric("peers") == 1);
    CHECK(last.read().peers.at(0).user == UserId{8});
}

TEST_CASE("the registry is not saved before the host has it, and then from the host") {
    chihaya::test::TempDir folder;
    {
        Registry registry;
        KeptTracker tracker(with(registry), folder / "snapshot");
        const UserRecord user = user_of(1);
        REQUIRE(tracker.driver().put_users({&user, 1}).ok());
        registry.users.push_back(user);
    }
    const Bytes before = bytes_of(folder / "snapshot");  // with its generation
    {
        Registry registry;
        KeptTracker tracker(with(registry), folder / "snapshot");
        tracker.stop();  // before it has loaded
        CHECK(bytes_of(folder / "snapshot") == before);
    }
    Registry registry;
    KeptTracker tracker(with(registry), folder / "snapshot");
    REQUIRE(tracker.driver().load(registry).ok());
    CHECK(registry.users.size() == 1);
}

TEST_CASE("a full disk costs a snapshot and no announce, and the next one is tried") {
    chihaya::test::TempDir folder;
    KeptTracker tracker(setup_of(false), folder / "snapshot", {}, std::chrono::milliseconds(100));
    tracker.announce(announce_of(0));
    tracker.wait_for_snapshot();
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{100, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    tracker.announce(announce_of(1));
    tracker.wait_for("snapshot_failures", 2,
                     [&] { CHECK(tracker.announce(announce_of(2)).answers == 1); });
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);
    CHECK(tracker.host().lines_of(Severity::error) == 1);
    CHECK(tracker.driver().health().ok());
    tracker.wait_for_snapshot();
    tracker.stop();
    KeptTracker next(setup_of(false), folder / "snapshot");
    CHECK(next.metric("peers") == 3);
}

TEST_CASE("a change of the registry that cannot be written down is refused") {
    chihaya::test::TempDir folder;
    Registry registry;
    KeptTracker tracker(with(registry), folder / "snapshot");
    const UserRecord user = user_of(1);
    REQUIRE(tracker.driver().put_users({&user, 1}).ok());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{90, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const Status refused = tracker.driver().put_users({&user, 1});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);
    CHECK(refused.code == StatusCode::unavailable);
    CHECK(tracker.driver().put_users({&user, 1}).ok());
    CHECK(tracker.host().lines_of(Severity::error) == 1);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
