// Group C: freeleech, and the tokens that make a download free for one user.

#include "tests/gazelle/site_server.hpp"
#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: freeleech and tokens");

namespace chihaya::test {
namespace {

using gazelle::test::SiteServer;

/// A download with up and down bytes, from its start.
void move_bytes(PrivateTracker& tracker, std::uint32_t user, std::uint32_t torrent,
                std::uint64_t up, std::uint64_t down) {
    tracker.announce({.user = user, .torrent = torrent, .event = "started"});
    tracker.announce({.user = user, .torrent = torrent, .up = up, .down = down});
    tracker.wait_flushed();
}

/// The user holds a token of torrent 100, and completes it.
void complete(PrivateTracker& tracker, std::uint32_t user) {
    tracker.announce({.user = user, .event = "started"});
    tracker.announce({.user = user, .down = 400, .left = 0, .event = "completed"});
}

void set_freeleech(const PrivateTracker& tracker, const std::string& flag) {
    CHECK(tracker.update("action=update_torrent&info_hash=" + escaped(hash_of(100)) + flag)
              .is_success);
}

/// The parts of "1:2,3:4".
std::vector<std::string> pairs_of(const std::string& tokens) {
    std::vector<std::string> all;
    std::istringstream stream(tokens);
    for (std::string one; std::getline(stream, one, ',');) {
        all.push_back(one);
    }
    return all;
}

}  // namespace

TEST_CASE("#21 downloads of a free torrent are not charged") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        move_bytes(tracker, 10, 101, 10, 20);
        CHECK(site.credit(10) == Credit{10, 0});
        CHECK(site.torrent(101).balance == -10);
        CHECK_FALSE(site.token(10, 101).has_value());
        CHECK(site.token(10, 100)->downloaded == 0);
    });
}

TEST_CASE("#22 a neutral torrent counts neither way, but its rows do") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        move_bytes(tracker, 10, 102, 10, 20);
        CHECK(site.credit(10) == Credit{0, 0});
        CHECK(site.peer(10, 102)->uploaded == 10);
        CHECK(site.peer(10, 102)->downloaded == 20);
        CHECK(site.torrent(102).balance == -10);
    });
}

TEST_CASE("#23 a live token makes downloads free and counts them, an expired one does neither") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        move_bytes(tracker, 15, 100, 50, 600);
        CHECK(site.credit(15) == Credit{50, 0});
        CHECK(site.token(15, 100)->downloaded == 1'600);
        CHECK_FALSE(site.token(15, 100)->expired);
        move_bytes(tracker, 10, 100, 50, 600);
        CHECK(site.credit(10) == Credit{50, 600});
        CHECK(site.token(10, 100)->downloaded == 0);
    });
}

TEST_CASE("#24 a completed download ends the token, and the site is told once") {
    on_each_site_and_redis([](Site& site) {
        SiteServer php;
        PrivateTracker tracker(site, {.site_url = php.url()});
        move_bytes(tracker, 15, 100, 0, 600);
        tracker.announce({.user = 15, .down = 1'000, .left = 0, .event = "completed"});
        tracker.wait_flushed();
        CHECK(site.token(15, 100)->downloaded == 2'000);
        CHECK(site.snatches().size() == 1);
        wait_until("the site was told", [&] { return !php.tokens().empty(); });
        tracker.announce({.user = 15, .down = 1'100, .left = 0});
        tracker.wait_flushed();
        CHECK(site.credit(15) == Credit{0, 100});
        CHECK(site.token(15, 100)->downloaded == 2'000);

        CHECK(php.tokens() == std::vector<std::string>{"15:100"});
        CHECK(php.requests().front().target == "/gazelle/tools.php?key=" + site_password +
                                                   "&type=expiretoken&action=ocelot&tokens=15:100");
    });
}

TEST_CASE("#25 the site is told of a token until it takes it, with a second between") {
    on_each_site([](Site& site) {
        SiteServer php;
        php.will_answer({{500, ""}, {500, ""}, {200, ""}});
        PrivateTracker tracker(site, {.site_url = php.url()});
        complete(tracker, 15);
        wait_until("the third attempt", [&] { return php.tokens().size() == 3; });
        const auto calls = php.requests();
        CHECK(calls[1].at - calls[0].at >= std::chrono::seconds(1));
        CHECK(calls[2].at - calls[1].at >= std::chrono::seconds(1));
        wait_until("none waits", [&] { return tracker.number("tokens_waiting") == 0; });
        CHECK(php.tokens() == std::vector<std::string>{"15:100", "15:100", "15:100"});
    });
}

TEST_CASE("#25 a site that was away is told of a token when it is back") {
    on_each_site([](Site& site) {
        const FreePort port;
        PrivateTracker tracker(
            site, {.site_url = "http://127.0.0.1:" + std::to_string(port.number()) + "/gazelle"});
        complete(tracker, 15);
        wait_until("the failure is told", [&] {
            return tracker.log().find("used tokens are not ended") != std::string::npos;
        });
        const SiteServer php(port.number());
        wait_until("the site was told", [&] { return !php.tokens().empty(); });
        CHECK(php.tokens().front() == "15:100");
    });
}

TEST_CASE("#25 a page of the site's is a refusal, whatever its status") {
    on_each_site([](Site& site) {
        SiteServer php;
        php.will_answer({{200, "<html>Error 403</html>"}});
        PrivateTracker tracker(site, {.site_url = php.url()});
        complete(tracker, 15);
        wait_until("the first attempt", [&] { return php.tokens().size() == 1; });
        wait_until("the refusal is told",
                   [&] { return tracker.log().find("TRACKER_HOST") != std::string::npos; });
        CHECK(tracker.number("tokens_waiting") == 1);
        CHECK(tracker.log().find(site_password) == std::string::npos);
    });
}

TEST_CASE("#26 sixty tokens that end together are told in several short calls, each pair once") {
    on_each_site([](Site& site) {
        constexpr std::uint32_t first = 1'000;
        constexpr std::uint32_t count = 60;
        site.add_users(first, count);
        site.sql().run(
            "INSERT INTO users_freeleeches (UserID, TorrentID, Time)"
            " SELECT ID, 100, NOW() FROM users_main WHERE ID >= 1000");
        SiteServer php;
        PrivateTracker tracker(site, {.site_url = php.url()});
        for (std::uint32_t user = first; user < first + count; ++user) {
            complete(tracker, user);
        }
        const auto told = [&] {
            std::vector<std::string> all;
            for (const std::string& tokens : php.tokens()) {
                const auto some = pairs_of(tokens);
                all.insert(all.end(), some.begin(), some.end());
            }
            return all;
        };
        wait_until("all were told", [&] { return told().size() >= count; });
        wait_until("none waits", [&] { return tracker.number("tokens_waiting") == 0; });
        const auto all = told();
        CHECK(all.size() == count);
        CHECK(std::set<std::string>(all.begin(), all.end()).size() == count);
        CHECK(php.requests().size() >= 2);
        for (const auto& request : php.requests()) {
            CHECK(request.target.size() < 2'048);
        }
    });
}

TEST_CASE("#27 what a token was used for before the site wrote its row is in that row") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        REQUIRE(tracker.update("action=add_token&info_hash=" + escaped(hash_of(100)) + "&userid=12")
                    .is_success);
        move_bytes(tracker, 12, 100, 0, 500);
        CHECK(site.credit(12) == Credit{0, 0});
        CHECK(site.token(12, 100)->expired);  // until the site says otherwise
        site.sql().run(
            "INSERT INTO users_freeleeches (UserID, TorrentID, Time) VALUES (12, 100, NOW())"
            " ON DUPLICATE KEY UPDATE Time = VALUES(Time), Expired = 0, Uses = Uses + 1");
        CHECK(site.token(12, 100)->downloaded == 500);
        CHECK_FALSE(site.token(12, 100)->expired);
        CHECK(site.token(12, 100)->uses <= 2);
        CHECK(tracker.number("failed_flushes") == 0);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("#28 update_torrent sets what is charged, and says nothing without a flag") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.event = "started"});
        const auto charge = [&](std::uint64_t so_far) {
            tracker.announce({.up = so_far, .down = so_far});
            tracker.wait_flushed();
            return site.credit(10);
        };
        CHECK(charge(100) == Credit{100, 100});
        set_freeleech(tracker, "&freetorrent=1");
        CHECK(charge(200) == Credit{200, 100});
        set_freeleech(tracker, "&freetorrent=2");
        CHECK(charge(300) == Credit{200, 100});
        set_freeleech(tracker, "");
        CHECK(charge(400) == Credit{200, 100});
        set_freeleech(tracker, "&freetorrent=0");
        CHECK(charge(500) == Credit{300, 200});
        set_freeleech(tracker, "");
        CHECK(charge(600) == Credit{400, 300});
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
