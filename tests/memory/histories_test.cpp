#include "plugins/memory/snapshot_format.hpp"
#include "tests/memory/kept_tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

// What becomes of the counters of accounts when a tracker is stopped, and when it is killed.

TEST_SUITE_BEGIN("histories");

namespace chihaya::memory::test {
namespace {

constexpr std::chrono::milliseconds often{100};

/// Client `number` of account 7.
AnnounceRequest member(std::uint32_t number, std::uint64_t uploaded = 0) {
    AnnounceRequest request = with_account(announce_of(number), 7 + number);
    request.uploaded = uploaded;
    return request;
}

/// What a site remembers of it.
PeerRecord remembered(const KeptTracker& tracker, std::uint32_t number, std::uint64_t uploaded) {
    const AnnounceRequest request = member(number);
    const auto at = std::chrono::sys_seconds(std::chrono::floor<seconds>(tracker.time()));
    return {.user = request.user,
            .peer_id = request.peer_id,
            .uploaded = uploaded,
            .left = 1,
            .first_announce = at - seconds(200),
            .last_announce = at - seconds(100),
            .announces = 5,
            .flags = PeerFlags::hidden};
}

/// The folder of trackers, and what is left of it when they are killed.
class Folder {
public:
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "state" / "snapshot"; }

    /// As though the process had ended now without a word: the file that the next one finds.
    [[nodiscard]] std::filesystem::path killed() {
        const auto to = folder_ / ("killed-" + std::to_string(++copies_));
        std::filesystem::create_directories(to);
        for (const auto& entry : std::filesystem::directory_iterator(file().parent_path())) {
            std::filesystem::copy_file(entry.path(), to / entry.path().filename());
        }
        return to / "snapshot";
    }

private:
    chihaya::test::TempDir folder_;
    int copies_ = 0;
};

bool is_final(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::uint8_t> bytes(snapshot_header_bytes);
    in.read(reinterpret_cast<char*>(bytes.data()), snapshot_header_bytes);
    SnapshotHeader header;
    REQUIRE(decode(bytes, header) == HeaderFault::none);
    return header.is_final;
}

bool is_handed(const Reply& reply, const AnnounceRequest& peer) {
    return std::ranges::count(reply.ipv4s(), peer.ipv4) == 1;
}

void stop_with_a_member(const Folder& folder) {
    KeptTracker tracker(setup_of(false), folder.file());
    tracker.announce(member(1, 10));
}

/// A tracker that has been killed since its snapshot, which has one member.
std::filesystem::path killed_with_a_member(Folder& folder) {
    KeptTracker tracker(setup_of(false), folder.file(), {}, often);
    tracker.announce(member(1, 10));
    tracker.wait_for_snapshot();
    return folder.killed();
}

}  // namespace

TEST_CASE("a tracker that begins with nothing has no current histories") {
    const Folder folder;
    const KeptTracker without({}, {});
    KeptTracker tracker(setup_of(false), folder.file());
    CHECK_FALSE(tracker.driver().has_current_histories());
}

TEST_CASE("after a stop the counters of an account are what it announced last") {
    const Folder folder;
    stop_with_a_member(folder);
    CHECK(is_final(folder.file()));
    KeptTracker tracker(setup_of(false), folder.file());
    CHECK(tracker.driver().has_current_histories());
    CHECK(tracker.announce(member(1, 15)).told.history.uploaded == 10);
}

TEST_CASE("a stop is over as soon as the next tracker has begun") {
    Folder folder;
    stop_with_a_member(folder);
    KeptTracker tracker(setup_of(false), folder.file());
    KeptTracker next(setup_of(false), folder.killed());
    CHECK_FALSE(next.driver().has_current_histories());
    CHECK_FALSE(next.announce(member(1, 15)).told.history.known);
}

TEST_CASE("a snapshot at the interval, and the one before, are not the last word") {
    Folder folder;
    {
        KeptTracker tracker(setup_of(false), folder.file(), {}, often);
        tracker.announce(member(1, 10));
        tracker.wait_for_snapshot();
        CHECK_FALSE(is_final(folder.killed()));
    }
    std::filesystem::rename(folder.file(), folder.file().string() + ".old");
    KeptTracker tracker(setup_of(false), folder.file());
    CHECK(tracker.metric("peers") == 1);
    CHECK_FALSE(tracker.driver().has_current_histories());
}

TEST_CASE("after a kill a peer with an account is handed out, and nothing is reckoned from it") {
    Folder folder;
    KeptTracker tracker(setup_of(false), killed_with_a_member(folder));
    CHECK_FALSE(tracker.driver().has_current_histories());
    CHECK(is_handed(tracker.announce(member(2)), member(1)));
    const Reply reply = tracker.announce(member(1, 15));
    CHECK_FALSE(reply.told.history.known);
    CHECK(tracker.announce(member(1, 16)).told.history.uploaded == 15);
    CHECK(tracker.metric("peers") == 2);
}

TEST_CASE("after a kill the site says what is to be reckoned from, whatever its time") {
    Folder folder;
    KeptTracker tracker(setup_of(false), killed_with_a_member(folder));
    const std::vector records{remembered(tracker, 1, 12)};
    CHECK(tracker.driver().add_peers({.info_hash = ubuntu}, records).ok());
    CHECK(is_handed(tracker.announce(member(2)), member(1)));
    const std::vector later{remembered(tracker, 1, 11)};  // and only once
    CHECK(tracker.driver().add_peers({.info_hash = ubuntu}, later).ok());
    const Reply reply = tracker.announce(member(1, 15));
    CHECK(reply.told.history.uploaded == 12);
    CHECK(reply.told.history.announces == 5);
    CHECK(tracker.metric("peers") == 2);
}

TEST_CASE("after a kill a peer that leaves or falls silent is gone, and no history is kept") {
    Folder folder;
    const auto file = killed_with_a_member(folder);
    {
        KeptTracker tracker(setup_of(false), file);
        AnnounceRequest leaving = member(1, 20);
        leaving.event = Event::stopped;
        CHECK_FALSE(tracker.announce(leaving).told.history.known);
        CHECK(tracker.metric("peers") == 0);
    }
    KeptTracker tracker(setup_of(false), killed_with_a_member(folder));
    tracker.let_pass(lifetime + expiry_slack + seconds(1));
    CHECK(tracker.read().peers.empty());
}

TEST_CASE("after a kill what was dormant is not there any more") {
    Folder folder;
    KeptTracker before(setup_of(false), folder.file(), {}, often);
    before.announce(member(1, 10));
    before.let_pass(lifetime + expiry_slack + seconds(1));
    REQUIRE(before.read().peers.size() == 1);
    before.wait_for_snapshot();
    KeptTracker tracker(setup_of(false), folder.killed(), before.time());
    CHECK(tracker.read().peers.empty());
}

TEST_CASE("a tracker that was killed has no current histories before an account has announced") {
    Folder folder;
    const auto file = killed_with_a_member(folder);
    { const KeptTracker idle(setup_of(false), file); }
    {
        KeptTracker tracker(setup_of(false), file);
        CHECK_FALSE(tracker.driver().has_current_histories());
        tracker.announce(member(2, 30));
    }
    KeptTracker tracker(setup_of(false), file);
    CHECK(tracker.driver().has_current_histories());
    CHECK(tracker.announce(member(2, 31)).told.history.uploaded == 30);
    // Nobody has said anything about the first one yet.
    CHECK_FALSE(tracker.announce(member(1, 15)).told.history.known);
}

TEST_CASE("swarms that are carried to a driver are current") {
    const Folder folder;
    TrackerSetup carried = setup_of(false);
    carried.restore = false;
    KeptTracker tracker(carried, folder.file());
    CHECK(tracker.driver().has_current_histories());
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
