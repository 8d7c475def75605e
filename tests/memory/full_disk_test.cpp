// Without room for a single byte; see also damage_test.cpp, where a snapshot is not written.

#include "tests/memory/kept_tracker.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>

TEST_SUITE_BEGIN("a full disk");

namespace chihaya::memory::test {
namespace {

/// Files cannot grow while this is there.
class FullDisk {
public:
    FullDisk() {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit none = before_;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~FullDisk() { end(); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

    void end() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, usual_);
    }

private:
    rlimit before_{};
    void (*const usual_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

const ClientRecord known{.prefix = {.bytes = {'-', 'q', 'B'}, .size = 3}};
const ClientRecord another{.prefix = {.bytes = {'-', 'T', 'R'}, .size = 3}};

}  // namespace

TEST_CASE("a tracker starts with what it has kept, and keeps more as soon as there is room") {
    const chihaya::test::TempDir folder;
    Registry registry;
    TrackerSetup setup = setup_of(false);
    setup.registry = &registry;
    {
        KeptTracker tracker(setup, folder / "snapshot");
        Registry nothing;
        CHECK(tracker.driver().load(nothing).ok());
        CHECK(tracker.driver().put_clients({&known, 1}).ok());
        registry.clients = {known};
        tracker.announce(announce_of(1));
    }
    FullDisk disk;
    KeptTracker tracker(setup, folder / "snapshot");
    Registry kept;
    CHECK(tracker.driver().load(kept).ok());
    REQUIRE(kept.clients.size() == 1);
    CHECK(kept.clients.front().prefix == known.prefix);
    CHECK(tracker.metric("peers") == 1);
    CHECK(tracker.driver().put_clients({&another, 1}).code == StatusCode::unavailable);
    disk.end();
    while (!tracker.driver().put_clients({&another, 1}).ok()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(tracker.host().lines_of(Severity::error) == 1);  // that the journal cannot be written
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
