// Group F: calls of the site, as its PHP makes them and judges the answers.

#include "tests/gazelle_program/private_tracker.hpp"
#include "tests/gazelle_program/shifted_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: control calls");

namespace chihaya::test {
namespace {

std::string about(std::uint32_t torrent) {
    return "&info_hash=" + escaped(hash_of(torrent));
}

std::string add_torrent(std::uint32_t torrent, const std::string& more = "&freetorrent=0") {
    return "action=add_torrent" + about(torrent) + "&id=" + std::to_string(torrent) + more;
}

void tell(const PrivateTracker& tracker, const std::string& query) {
    INFO(query);
    CHECK(tracker.update(query).is_success);
}

constexpr std::string_view unregistered = "Unregistered torrent";
constexpr std::string_view unknown_passkey = "Passkey not found";

}  // namespace

TEST_CASE("#41 a call without Host is answered with success as the last line, and an end") {
    on_each_site([](Site& site) {
        const PrivateTracker tracker(site);
        // Read to the end of the connection, without which there is no answer.
        const ControlAnswer answer = tracker.update(add_torrent(200));
        CHECK(answer.is_success);
        CHECK(answer.payload.empty());
        CHECK(answer.bytes.starts_with("HTTP/1.1 200 "));
        CHECK(answer.bytes.ends_with("\r\n\r\nsuccess"));
        CHECK(answer.bytes.find("Content-Length: 7\r\n") != std::string::npos);
        for (const Gazelle other : {Gazelle::whatcd, Gazelle::opsnet}) {
            CHECK(call_tracker(other, tracker.port(), site_password + "/update?action=dance")
                      .is_success);
        }
    });
}

TEST_CASE("#42 a torrent is registered once, and deleted with the site's reason") {
    on_each_site_and_redis([](Site& site) {
        site.add_torrents(200, 2);
        PrivateTracker tracker(site);
        CHECK(tracker.refused({.torrent = 300}) == unregistered);
        site.add_torrents(300, 1);
        tell(tracker, add_torrent(300));
        tracker.announce({.torrent = 300, .event = "started"});
        tell(tracker, "action=add_torrent" + about(300) + "&id=301&freetorrent=0");
        tracker.announce({.torrent = 300, .up = 7, .down = 5});
        tracker.wait_flushed();
        CHECK(site.peer(10, 300)->uploaded == 7);
        CHECK_FALSE(site.peer(10, 301).has_value());

        tracker.announce({.torrent = 200, .event = "started"});
        tracker.announce({.torrent = 200, .up = 11, .down = 13});
        tell(tracker, "action=delete_torrent" + about(200) + "&id=200&reason=1");
        CHECK(tracker.refused({.torrent = 200}) == "Unregistered torrent: Trump");
        tell(tracker, "action=delete_torrent" + about(201) + "&id=201");
        CHECK(tracker.refused({.torrent = 201}) == unregistered);
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{18, 18});
        CHECK(tracker.number("rejected_rows") == 0);
        CHECK(tracker.number("failed_flushes") == 0);
    });
}

TEST_CASE("#42 deltas of a torrent that the site deletes are credited, and make no row") {
    on_each_site([](Site& site) {
        site.add_torrents(200, 1);
        PrivateTracker tracker(site);
        tracker.announce({.torrent = 200, .event = "started"});
        tracker.wait_flushed();
        // The books wait for this user's row until the site has deleted the torrent's.
        Sql other(site.server(), site.schema());
        other.run("START TRANSACTION; UPDATE " + site.users_table() +
                  " SET Uploaded = Uploaded WHERE " + site.users_key() + " = 10");
        tracker.announce({.torrent = 200, .up = 11, .down = 13, .left = 0, .event = "completed"});
        other.run((site.is_opsnet() ? "DELETE FROM torrents_leech_stats WHERE TorrentID = 200;"
                                    : std::string()) +
                  "DELETE FROM torrents WHERE ID = 200");
        tell(tracker, "action=delete_torrent" + about(200) + "&id=200&reason=0");
        other.run("COMMIT");
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{11, 13});
        CHECK(site.sql().value("SELECT COUNT(*) FROM torrents WHERE ID = 200") == "0");
        CHECK(site.sql().value("SELECT COUNT(*) FROM " + site.torrents_table() + " WHERE " +
                               site.torrents_key() + " = 200") == "0");
        CHECK(tracker.number("rejected_rows") == 0);
        CHECK(tracker.refused({.torrent = 200}) == "Unregistered torrent: Dupe");
    });
}

TEST_CASE("#42 the reason of a deletion is forgotten after a day") {
    on_each_site([](Site& site) {
        ShiftedClock clock;
        PrivateTracker tracker(site);
        tell(tracker, "action=delete_torrent" + about(102) + "&id=102&reason=1");
        clock.pass(std::chrono::hours(23));
        CHECK(tracker.refused({.torrent = 102}) == "Unregistered torrent: Trump");
        clock.pass(std::chrono::hours(2));
        CHECK(tracker.refused({.torrent = 102}) == unregistered);
    });
}

TEST_CASE("#43 users come and go, 124 in one call or none, and their peers with them") {
    on_each_site_and_redis([](Site& site) {
        constexpr std::uint32_t first = 1'000;
        constexpr std::uint32_t count = 124;
        ShiftedClock clock;
        PrivateTracker tracker(site);
        std::string passkeys;
        for (std::uint32_t user = first; user < first + count; ++user) {
            passkeys += passkey_of(user);
            tell(tracker,
                 "action=add_user&passkey=" + passkey_of(user) + "&id=" + std::to_string(user));
        }
        REQUIRE(passkeys.size() == 3'968);
        const UserAnnounce seeder{.user = 16, .left = 0, .port = 1'004};
        tracker.announce({.user = first, .port = 1'001});
        tracker.announce({.user = first + 1, .left = 0, .port = 1'002});
        tracker.announce({.user = 15, .port = 1'003});
        CHECK(peers(tracker.announce({.user = 10})).size() == 3);
        CHECK(peers(tracker.announce(seeder)).size() == 3);

        tell(tracker, "action=remove_users&passkeys=");
        CHECK(peers(tracker.announce(seeder)).size() == 3);
        tell(tracker, "action=remove_users&passkeys=" + passkeys);
        CHECK(tracker.refused({.user = first}) == unknown_passkey);
        CHECK(tracker.refused({.user = first + count - 1}) == unknown_passkey);
        const auto sees = [&](const UserAnnounce& announce, std::size_t wanted) {
            // The memory driver has forgotten their peers after a round of fifteen seconds.
            clock.pass(std::chrono::seconds(15));
            wait_until("their peers are forgotten",
                       [&] { return peers(tracker.announce(announce)).size() == wanted; });
        };
        sees({.user = 10}, 2);
        sees(seeder, 2);
        tell(tracker, "action=remove_user&passkey=" + passkey_of(15));
        CHECK(tracker.refused({.user = 15}) == unknown_passkey);
        sees(seeder, 1);
    });
}

TEST_CASE("#44 a session goes on under the new passkey, and the old one is nobody's") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        const auto change = [&](std::uint32_t from, std::uint32_t to) {
            tell(tracker, "action=change_passkey&oldpasskey=" + passkey_of(from) +
                              "&newpasskey=" + passkey_of(to));
        };
        tracker.announce({.event = "started"});
        tracker.announce({.up = 100, .down = 200});
        change(10, 4'711);
        CHECK(tracker.refused({.user = 10, .up = 150}) == unknown_passkey);
        tracker.announce({.user = 4'711, .up = 170, .down = 210});
        change(4'711, 4'711);
        tracker.announce({.user = 4'711, .up = 180, .down = 210});
        change(10, 4'712);
        CHECK(tracker.refused({.user = 4'712}) == unknown_passkey);
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{180, 210});
        CHECK(site.peer_rows() == 1);
    });
}

TEST_CASE("#45 what update_user does not name stays as it is") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        const auto update = [&](std::uint32_t user, const std::string& what) {
            tell(tracker, "action=update_user&passkey=" + passkey_of(user) + what);
        };
        update(12, "&can_leech=0");
        CHECK(tracker.refused({.user = 12}) == "Access denied, leeching forbidden");
        tracker.announce({.user = 12, .left = 0, .from = "203.0.113.1"});
        update(11, "&visible=0");
        CHECK(tracker.refused({.user = 11, .from = "203.0.113.2"}) ==
              "Access denied, leeching forbidden");
        update(10, "&visible=1");
        tracker.announce({.user = 10, .from = "203.0.113.3"});
        tracker.wait_flushed();
        CHECK(site.peer(12, 100)->ip.empty());
        CHECK(site.peer(11, 100)->ip.empty());
        CHECK(site.peer(10, 100)->ip == "203.0.113.3");
    });
}

TEST_CASE("#46 the list of clients is changed by any bytes, and is off once it is empty") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        constexpr std::string_view refused = "Your client is not on the whitelist";
        constexpr std::string_view odd = "-#%2B+&AAAAAAAAAAAAA";
        CHECK(tracker.refused({.peer_id = odd}) == refused);
        tell(tracker, "action=add_whitelist&peer_id=-#%2B+");
        tracker.announce({.peer_id = odd});
        tell(tracker, "action=edit_whitelist&old_peer_id=-#%2B+&new_peer_id=-XX");
        CHECK(tracker.refused({.peer_id = odd}) == refused);
        tracker.announce({.user = 15, .peer_id = peer_x});
        tell(tracker, "action=remove_whitelist&peer_id=-XX");
        CHECK(tracker.refused({.user = 15, .peer_id = peer_x}) == refused);
        tell(tracker, "action=remove_whitelist&peer_id=-TR30");
        CHECK(tracker.refused({.user = 15, .peer_id = peer_a}) == refused);
        tell(tracker, "action=remove_whitelist&peer_id=-qB4");
        tracker.announce({.user = 15, .peer_id = peer_x});
    });
}

TEST_CASE("#47 the site sets interval and jitter until the next start") {
    on_each_site([](Site& site) {
        const auto interval = [](PrivateTracker& tracker) {
            return tracker.announce({}).at("interval").integer();
        };
        {
            PrivateTracker tracker(site);
            CHECK(interval(tracker) == 1'800);
            tell(tracker, "action=update_announce_interval&new_announce_interval=900");
            tell(tracker, "action=update_announce_jitter&new_announce_jitter=0");
            CHECK(interval(tracker) == 900);
        }
        PrivateTracker tracker(site);
        CHECK(interval(tracker) == 1'800);
    });
}

TEST_CASE("#48 a wrong password does nothing, and either site notices") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site);
        const std::string wrong(32, '0');
        for (const Gazelle php : {Gazelle::whatcd, Gazelle::opsnet}) {
            const ControlAnswer answer = call_tracker(
                php, tracker.port(), wrong + "/update?action=add_user&id=20&passkey=" + wrong);
            CHECK_FALSE(answer.is_success);
            CHECK(answer.bytes.starts_with("HTTP/1.1 403 "));
            CHECK(answer.payload.empty());
        }
        CHECK_FALSE(
            call_tracker(site.dialect(), tracker.port(), wrong + "/report?get=stats").is_success);
        CHECK(tracker.number("control_wrong_site_secret") == 2);
        CHECK(tracker.number("control_wrong_report_secret") == 1);
        CHECK(tracker.log().find(site_password) == std::string::npos);
    });
}

TEST_CASE("#48 nobody but the site finds its door") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site, {.params = R"("control_from": ["203.0.113.0/24"])"});
        const std::string call =
            '/' + site_password + "/update?action=remove_user&passkey=" + passkey_of(10);
        CHECK(tracker.get(call).status == 404);
        CHECK(tracker.get('/' + std::string(32, '0') + "/update?action=x").status == 404);
        tracker.announce({});
        // The site itself behind the proxy that 127.0.0.1 is.
        CHECK(tracker.get(call, "X-Forwarded-For: 203.0.113.9\r\n").body == "success");
        CHECK(tracker.refused({}) == unknown_passkey);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
