#include "plugins/memory/file.hpp"
#include "plugins/memory/kept_registry.hpp"
#include "tests/memory/kept_files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <vector>

TEST_SUITE_BEGIN("what is written when the disk is in the way");

namespace chihaya::memory::test {
namespace {

constexpr std::chrono::milliseconds often{100};
constexpr std::chrono::milliseconds rarely{std::chrono::hours(24)};

/// A journal that takes what is written and cannot be brought to the disk; and, once it is full,
/// takes nothing until somebody reads.
class PipeAsJournal {
public:
    explicit PipeAsJournal(const std::filesystem::path& path) : path_(path) {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    }
    /// Reads until `done`.
    template <class Done>
    void drain(Done done) {
        const int descriptor = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        REQUIRE(descriptor >= 0);
        std::array<char, 4096> some{};
        while (!done()) {
            if (::read(descriptor, some.data(), some.size()) <= 0) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
        ::close(descriptor);
    }

private:
    std::filesystem::path path_;
};

/// Has the tracker write a snapshot, and go on in another journal, at the next look.
void set_interval(KeptTracker& tracker, TrackerSetup setup, const std::filesystem::path& file,
                  const std::string& interval) {
    const std::string params =
        R"({"snapshot": ")" + file.string() + R"(", "snapshot_interval": ")" + interval + R"("})";
    setup.params = params.c_str();
    REQUIRE(tracker.driver().reconfigure(setup).ok());
}

bool can_change(KeptTracker& tracker) {
    const UserRecord user = user_of(1);
    return tracker.driver().put_users({&user, 1}).ok();
}

template <class Condition>
bool comes(Condition condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition() && std::chrono::steady_clock::now() < patience) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
}

}  // namespace

TEST_CASE("who waits for another process's files says so, and counts what it could not write") {
    const chihaya::test::TempDir folder;
    File other;
    Trouble trouble;
    REQUIRE(other.lock(folder / "snapshot.lock", trouble));
    TrackerSetup anew = setup_of(false);
    anew.restore = false;
    KeptTracker tracker(anew, folder / "snapshot", {}, often);
    tracker.wait_for("snapshot_failures", 2);
    CHECK(tracker.metric("snapshots") == 0);
    CHECK(tracker.host().lines_of(Severity::warning) == 1);
    CHECK(has_line(tracker.host(), "cannot be written: another process has the files"));
    tracker.let_pass(seconds(40));
    CHECK(tracker.metric("snapshot_age_seconds") == 40);
    other.close();
    tracker.wait_for("snapshots", 1);
    CHECK(tracker.metric("snapshot_age_seconds") == 0);
    CHECK(has_line(tracker.host(), "it can be written again"));
}

TEST_CASE("a stop takes the files that another process has just left") {
    const chihaya::test::TempDir folder;
    File other;
    Trouble trouble;
    REQUIRE(other.lock(folder / "snapshot.lock", trouble));
    TrackerSetup anew = setup_of(false);
    anew.restore = false;
    KeptTracker tracker(anew, folder / "snapshot", {}, rarely);
    tracker.announce(announce_of(1));
    other.close();
    tracker.stop();
    KeptTracker next(setup_of(false), folder / "snapshot");
    CHECK(next.metric("peers") == 1);
}

TEST_CASE("where no lock can be had nobody begins to save") {
    const chihaya::test::TempDir folder;
    std::filesystem::create_directories(folder / "snapshot.lock");
    KeptTracker tracker(setup_of(false), {});
    const std::string params = R"({"snapshot": ")" + (folder / "snapshot").string() + R"("})";
    TrackerSetup setup = setup_of(false);
    setup.params = params.c_str();
    CHECK(tracker.driver().reconfigure(setup).code == StatusCode::unsupported);
    CHECK(tracker.host().lines_of(Severity::error) == 1);
}

TEST_CASE("a journal that the disk refused is given up, and a snapshot takes its place") {
    const chihaya::test::TempDir folder;
    Registry registry;
    const auto file = folder / "snapshot";
    KeptTracker tracker(with(registry), file, {}, rarely);
    // The snapshot that would help cannot be written: a folder has its name.
    std::filesystem::create_directories(folder / "snapshot.new");
    write(folder / "snapshot.new" / "inside", "x");
    REQUIRE(can_change(tracker));
    const PipeAsJournal pipe(folder / "snapshot.journal-2");
    set_interval(tracker, with(registry), file, "100ms");
    CHECK(comes([&] { return !can_change(tracker); }));
    CHECK(has_line(tracker.host(), "it cannot be brought to the disk"));
    tracker.wait_for("snapshot_failures", tracker.metric("snapshot_failures") + 2);
    CHECK_FALSE(can_change(tracker));
    CHECK_FALSE(has_line(tracker.host(), "journal: it can be written again"));
    std::filesystem::remove_all(folder / "snapshot.new");
    CHECK(comes([&] { return can_change(tracker); }));
    CHECK(has_line(tracker.host(), "journal: it can be written again"));
}

TEST_CASE("the figures do not wait for a disk that stands still") {
    const chihaya::test::TempDir folder;
    const Shelf shelf(folder / "snapshot");
    const HashSecret secret;
    FakeClock clock;
    FakeHost host(clock);
    KeptRegistry kept(host, shelf, secret, true);
    kept.settle_anew();
    PipeAsJournal pipe(shelf.journal(1));
    REQUIRE(kept.begin(1));
    const std::vector<UserRecord> users(8000, user_of(1));
    auto change = std::async(std::launch::async, [&] {
        return kept.change(Change::put_users, std::span<const UserRecord>(users),
                           [] { return Status{}; });
    });
    CHECK(change.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
    auto figures = std::async(std::launch::async, [&] { return kept.journal_bytes_about(); });
    CHECK(figures.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    pipe.drain([&] { return change.wait_for(seconds(0)) == std::future_status::ready; });
    CHECK(change.get().ok());
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
