// Group H: one tracker of a site in the place of another, under announces. Its books go on.

#include "tests/gazelle_program/trouble.hpp"
#include "tests/support/hand_over.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: hand-over");

namespace chihaya::test {
namespace {

/// The load ends, and every sum is right. Which process has told the site of what nobody knows; but
/// what it is told is told in turn.
void check_books(Site& site, PrivateTracker& tracker, SteadyLoad& load,
                 const TruthfulPeers& peers) {
    load.wait_for_rounds();
    load.end();
    CHECK(load.failure() == "");
    const Credit before = site.credit(10);
    tracker.announce({.user = 10, .up = 1'000});
    tracker.announce({.user = 10, .up = 1'007, .event = "stopped"});
    wait_until("the last announce is in the books",
               [&] { return site.credit(10).uploaded == before.uploaded + 7; });
    CHECK(peers.differences(site) == "");
    CHECK(tracker.number("rejected_rows") == 0);
    CHECK(tracker.number("lost_deltas") == 0);
    CHECK(tracker.log().find("another process has it") == std::string::npos);
}

}  // namespace

TEST_CASE("trackers that take each other's place under load credit every byte once") {
    on_each_site_and_redis([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        SteadyLoad load(peers, tracker);
        for (int i = 0; i < 3; ++i) {
            hand_over(tracker.process());
            load.wait_for_rounds();
        }
        check_books(site, tracker, load, peers);
        CHECK(tracker.process().stop() == 0);
        CHECK(peers.differences(site) == "");
    });
}

TEST_CASE("a tracker takes another's place while their database is away") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.state = folder.path().string()};
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            SteadyLoad load(peers, tracker);
            frail_mariadb().stop();
            load.wait_for_rounds();
            hand_over(tracker.process());
            load.wait_for_rounds();
            hand_over(tracker.process());
            load.wait_for_rounds();
            frail_mariadb().start();
            site.reconnect();
            check_books(site, tracker, load, peers);
            tracker.process().signal(SIGKILL);  // what is there then is the last one's
            CHECK(tracker.process().wait() == 0);
        }
        PrivateTracker last(site, choices);
        SteadyLoad load(peers, last);
        check_sums(site, last, load, peers);
    });
}

TEST_CASE("a tracker that was killed hands over when it has read its site, and not before") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        const TrackerChoices choices{.state = folder.path().string(), .has_site = false};
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            tracker.wait_until_it_serves();
            peers.announce(tracker);
            tracker.wait_flushed();
            tracker.process().signal(SIGKILL);
            CHECK(tracker.process().wait() == 128 + SIGKILL);
        }
        frail_mariadb().stop();
        PrivateTracker tracker(site, choices);
        tracker.process().signal(SIGUSR2);
        wait_for_log(tracker.process(), goes_on);
        CHECK(tracker.log().find("has not read its site") != std::string::npos);
        frail_mariadb().start();
        site.reconnect();
        tracker.wait_until_it_serves();
        SteadyLoad load(peers, tracker);
        hand_over(tracker.process());
        check_books(site, tracker, load, peers);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
