// Group H, the rest: a site that is read again.

#include "tests/gazelle_program/shifted_clock.hpp"
#include "tests/gazelle_program/truthful_peers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: reading it again");

namespace chihaya::test {
namespace {

constexpr std::string_view may_not_leech = "Access denied, leeching forbidden";

bool is_known(PrivateTracker& tracker, std::uint32_t user) {
    return bencode::parse(tracker.ask({.user = user}).body)->has("peers");
}

/// Changes a site in its tables alone. A new user comes last: who is known then, all else is, too.
void change(Site& site, std::uint32_t new_user) {
    site.sql().run("UPDATE users_main SET can_leech = 0 WHERE ID = 15");
    site.sql().run("UPDATE users_main SET Enabled = '2' WHERE ID = 16");
    site.sql().run("UPDATE torrents SET FreeTorrent = '1' WHERE ID = 100");
    site.sql().run("DELETE FROM xbt_client_whitelist WHERE peer_id = '-qB4'");
    site.sql().run("UPDATE users_freeleeches SET Expired = 1 WHERE UserID = 15");
    site.add_users(new_user, 1);
}

void check_change(PrivateTracker& tracker, Site& site) {
    wait_until("the list of clients is read", [&] {
        return !bencode::parse(tracker.ask({.peer_id = peer_b}).body)->has("peers");
    });
    CHECK(tracker.refused({.user = 15}) == may_not_leech);
    CHECK(tracker.refused({.user = 16}) == "Passkey not found");
    CHECK(tracker.refused({.peer_id = peer_b}) == "Your client is not on the whitelist");
    tracker.announce({.user = 10, .up = 20, .down = 30});
    tracker.wait_flushed();
    CHECK(site.credit(10) == Credit{20, 0});
}

}  // namespace

TEST_CASE("#66 what the site changes in its tables alone holds once they are read again") {
    for (const int signal : {SIGHUP, SIGUSR1}) {
        on_each_site_and_redis([&](Site& site) {
            TruthfulPeers others(site);
            PrivateTracker tracker(site);
            tracker.announce({.user = 10, .event = "started"});
            SteadyLoad load(others, tracker);
            change(site, 900);
            CHECK_FALSE(is_known(tracker, 900));
            tracker.process().signal(signal);
            wait_until("the site is read", [&] { return is_known(tracker, 900); });
            load.wait_for_rounds();
            load.finish();
            CHECK(load.failure() == "");
            check_change(tracker, site);
            CHECK(others.differences(site) == "");
            wait_until("the log says what was found", [&] {
                return tracker.log().find(
                           "found by reading the site again: users 1 new, 1 changed, 1 gone; "
                           "torrents 1 changed; clients 1 gone; tokens 1 gone") !=
                       std::string::npos;
            });
        });
    }
}

TEST_CASE("#66 a tracker reads its site again by itself") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site, {.params = R"("reload_interval": "1s")"});
        tracker.announce({.user = 10, .event = "started"});
        change(site, 900);
        wait_until("the site is read", [&] { return is_known(tracker, 900); });
        check_change(tracker, site);
    });
}

TEST_CASE("#66 what the site has said within a minute wins over its tables, and then no more") {
    on_each_site([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        REQUIRE(
            tracker.update("action=update_user&can_leech=0&passkey=" + passkey_of(12)).is_success);
        REQUIRE(tracker.update("action=remove_user&passkey=" + passkey_of(14)).is_success);
        std::uint32_t new_user = 900;
        const auto read_again = [&] {
            site.add_users(++new_user, 1);
            tracker.process().signal(SIGHUP);
            wait_until("the site is read", [&] { return is_known(tracker, new_user); });
        };
        read_again();
        CHECK(tracker.refused({.user = 12}) == may_not_leech);
        CHECK(tracker.refused({.user = 14}) == "Passkey not found");
        clock.pass(std::chrono::seconds(61));
        read_again();
        CHECK(is_known(tracker, 12));
        CHECK(tracker.refused({.user = 14}) == "Passkey not found");
        clock.pass(std::chrono::minutes(15));
        read_again();
        CHECK(is_known(tracker, 14));
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
