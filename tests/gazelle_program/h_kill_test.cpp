// Group H: what is restored of swarms when a tracker was stopped, and when it was killed. Only what
// a tracker was stopped with may be reckoned from without the site.

#include "tests/gazelle_program/trouble.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: kills");

namespace chihaya::test {
namespace {

constexpr std::string_view away = "The tracker is temporarily unavailable.";

/// One that writes its snapshots as often as it can.
TrackerChoices often(const TempDir& folder) {
    return {.state = folder.path().string(), .memory = R"("snapshot_interval": "100ms")"};
}

void kill(PrivateTracker& tracker) {
    tracker.process().signal(SIGKILL);
    CHECK(tracker.process().wait() == 128 + SIGKILL);
}

/// Until a snapshot is there that was begun after this was called.
void wait_for_snapshot(const TempDir& folder) {
    const auto file = folder.path() / "memory.snapshot";
    const auto written_at = [&] {
        std::error_code none;  // there is no file between two renames
        return std::filesystem::last_write_time(file, none);
    };
    for (int i = 0; i < 2; ++i) {
        const auto before = written_at();
        wait_until("a snapshot has been written", [&] {
            const auto now = written_at();
            return now != before && now != std::filesystem::file_time_type::min();
        });
    }
}

/// All announce without pause, until the tracker is killed in the middle of it.
void kill_under_load(PrivateTracker& tracker, TruthfulPeers& peers, const TempDir& folder) {
    const SteadyLoad load(peers, tracker);
    wait_for_snapshot(folder);
    load.wait_for_rounds();
    kill(tracker);
}

}  // namespace

TEST_CASE("trackers that are killed in the middle credit every byte once, database or none") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        TrackerChoices choices = often(folder);
        TruthfulPeers peers(site);
        {
            PrivateTracker first(site, choices);
            peers.announce(first);
            first.wait_flushed();
            kill_under_load(first, peers, folder);
        }
        {
            PrivateTracker loses_database(site, choices);
            peers.announce(loses_database);
            frail_mariadb().stop();
            kill_under_load(loses_database, peers, folder);
        }
        choices.has_site = false;
        {
            PrivateTracker has_none(site, choices);
            CHECK(has_none.refused({.user = TruthfulPeers::first_user}) == away);
            wait_for_snapshot(folder);
            kill(has_none);
        }
        {
            PrivateTracker is_patient(site, choices);
            CHECK(is_patient.refused({.user = TruthfulPeers::first_user}) == away);
            frail_mariadb().start();
            site.reconnect();
            is_patient.wait_until_it_serves();
            kill_under_load(is_patient, peers, folder);
        }
        choices.has_site = true;
        PrivateTracker last(site, choices);
        peers.announce(last);
        last.wait_flushed();
        CHECK(peers.differences(site) == "");
        SteadyLoad load(peers, last);
        check_sums(site, last, load, peers);
    });
}

TEST_CASE("a tracker that was stopped goes on at once while its database is away") {
    on_each_frail_site([](Site& site) {
        const TempDir folder;
        TrackerChoices choices = often(folder);
        TruthfulPeers peers(site);
        {
            PrivateTracker tracker(site, choices);
            peers.announce(tracker);
            tracker.wait_flushed();
            frail_mariadb().stop();
            peers.announce(tracker);
            CHECK(tracker.process().stop() == 0);
        }
        choices.has_site = false;
        {
            PrivateTracker tracker(site, choices);
            CHECK(tracker.serves());
            peers.announce(tracker);
            CHECK(tracker.refused({.user = 900}) == away);  // whom only the site may know
            CHECK(tracker.process().stop() == 0);
        }
        PrivateTracker tracker(site, choices);
        peers.announce(tracker);
        frail_mariadb().start();
        site.reconnect();
        SteadyLoad load(peers, tracker);
        check_sums(site, tracker, load, peers);
        kill(tracker);
        frail_mariadb().stop();
        PrivateTracker killed(site, choices);
        CHECK(killed.refused({.user = TruthfulPeers::first_user}) == away);
    });
}

TEST_CASE("peers of a tracker that was killed are handed out before they announce again") {
    on_each_site([](Site& site) {
        const TempDir folder;
        const UserAnnounce seeder{.user = 15, .left = 0, .port = 1'002};
        {
            PrivateTracker tracker(site, often(folder));
            tracker.announce(seeder);
            wait_for_snapshot(folder);
            UserAnnounce more = seeder;
            more.up = 40;
            tracker.announce(more);
            tracker.wait_flushed();
            kill(tracker);
        }
        PrivateTracker tracker(site, often(folder));
        const auto reply = tracker.announce({.user = 16, .port = 1'003});
        CHECK(peers(reply) == std::set<std::string>{compact("127.0.0.1", 1'002)});
        UserAnnounce back = seeder;
        back.up = 45;
        tracker.announce(back);
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{45, 0});
        CHECK(site.torrent(100).crowd == Crowd{1, 1});
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
