// Group A: what a tracker loads at its start, and whom it lets in.

#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: access");

namespace chihaya::test {
namespace {

void replace_all(std::string& text, const std::string& what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// Active rows of three users on torrent 100, as a tracker before has left them.
void leave_peers(Site& site) {
    for (const int user : {10, 12, 15}) {
        const bool seeds = user == 15;
        site.sql().run(
            "INSERT INTO xbt_files_users (uid, fid, peer_id, active, announced, uploaded,"
            " remaining, mtime, timespent) VALUES (" +
            std::to_string(user) + ", 100, X'" + hex(peer_a) + "', 1, 3, 500, " +
            (seeds ? "0" : "1000") + ", UNIX_TIMESTAMP() - 5, 60)");
    }
    site.sql().run("UPDATE " + site.torrents_table() + " SET Seeders = 1, Leechers = 2 WHERE " +
                   site.torrents_key() + " = 100");
}

}  // namespace

TEST_CASE("#1 a passkey belongs to whoever has it to the byte") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 10});
        tracker.announce({.user = 16, .peer_id = peer_b});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100, peer_a).has_value());
        CHECK(site.peer(16, 100, peer_b).has_value());
        CHECK(site.peer_rows() == 2);
        CHECK(tracker.refused({.user = 13}) == "Passkey not found");
        CHECK(tracker.refused({.user = 4711}) == "Passkey not found");
    });
}

TEST_CASE("#2 a hash of special bytes is found however it is escaped") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        const std::string upper = target(UserAnnounce{.torrent = 101});
        std::string lower = upper;
        const auto begin = lower.begin() + static_cast<std::ptrdiff_t>(lower.find("info_hash="));
        std::transform(begin, std::find(begin, lower.end(), '&'), begin,
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        // '+' is a space, as clients mean it; not itself, as Ocelot has it.
        std::string with_plus = upper;
        replace_all(with_plus, "%20", "+");
        REQUIRE(lower != upper);
        REQUIRE(with_plus != upper);
        for (const std::string& one : {upper, lower, with_plus}) {
            CAPTURE(one);
            CHECK(counts(success(tracker.get(one))) == Counts{0, 0, 1});
        }
        tracker.wait_flushed();
        CHECK(site.peer(10, 101)->announced == 3);
        CHECK(tracker.number("failed_flushes") == 0);
    });
}

TEST_CASE("#3 a torrent that is not the site's is refused, and an empty hash is nobody's") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        CHECK(tracker.refused({.torrent = 4711}) == "Unregistered torrent");
        CHECK(tracker.refused({.torrent = 103}) == "Unregistered torrent");
        std::string empty = target(UserAnnounce{});
        replace_all(empty, escaped(hash_of(100)), "");
        // The tracker's own words: it is no request, whoever sends it.
        CHECK(refusal(tracker.get(empty)).starts_with("malformed request: info_hash"));
        tracker.announce({.torrent = 102});
        tracker.wait_flushed();
        CHECK(site.peer_rows() == 1);
    });
}

TEST_CASE("#4 a client that is not on the site's list is refused, unless the list is empty") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        CHECK(tracker.refused({.peer_id = peer_x}) == "Your client is not on the whitelist");
        tracker.announce({.torrent = 102});
        tracker.wait_flushed();
        CHECK_FALSE(site.peer(10, 100, peer_x).has_value());
        CHECK(site.peer_rows() == 1);
        CHECK(site.torrent(100).crowd == Crowd{0, 0});
    });
    on_each_site([](Site& site) {
        site.sql().run("DELETE FROM xbt_client_whitelist");
        PrivateTracker tracker(site);
        tracker.announce({.peer_id = peer_x});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100, peer_x).has_value());
    });
}

TEST_CASE("#5 what is refused changes no table") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 16, .torrent = 102});
        tracker.wait_flushed();
        const std::string before = site.content();

        CHECK(tracker.refused({.peer_id = peer_a.substr(1), .up = 5}) == "Invalid peer ID");
        std::string none = target(UserAnnounce{});
        replace_all(none, "&peer_id=" + escaped(peer_a), "");
        CHECK(refusal(tracker.get(none)) == "No peer ID");
        CHECK(tracker.refused({.more = "&compact=0"}) ==
              "Your client does not support compact announces");  // without `compact` it does
        CHECK(tracker.refused({.user = 13}) == "Passkey not found");
        CHECK(tracker.refused({.torrent = 4711}) == "Unregistered torrent");
        CHECK(tracker.refused({.port = 0}).starts_with("malformed request: port"));
        CHECK(tracker.number("recorded_deltas") == 1);
        CHECK(site.content() == before);

        const auto refused = bencode::parse(tracker.ask({.user = 13}).body);
        CHECK(refused->at("interval").integer() == 5400);
        CHECK(refused->at("min interval").integer() == 5400);
    });
}

TEST_CASE("#6 peers and counts of the tracker before are kept at a start, unless told otherwise") {
    on_each_site_and_redis([](Site& site) {
        leave_peers(site);
        const std::string before = site.content();
        PrivateTracker tracker(site);
        CHECK(site.content() == before);
        CHECK(tracker.scraped(100) == Counts{1, 5, 2});
        // The first announce after it counts from where the peer was.
        tracker.announce({.user = 12, .up = 700, .left = 900});
        tracker.wait_flushed();
        CHECK(site.credit(12) == Credit{200, 0});
        CHECK(site.torrent(100).crowd == Crowd{1, 2});
        CHECK(site.peer(12, 100)->announced == 4);
        CHECK(site.peer_rows() == 3);
    });
    on_each_site([](Site& site) {
        leave_peers(site);
        Sql(site.server())
            .run("GRANT DELETE ON " + site.schema() + ".xbt_files_users TO tracker@'%'");
        PrivateTracker tracker(site, {.params = R"("clear_peers_on_start": true)"});
        wait_until("the peers are gone", [&] { return site.peer_rows() == 0; });
        wait_until("nobody is counted", [&] { return site.torrent(100).crowd == Crowd{0, 0}; });
        CHECK(tracker.scraped(100) == Counts{0, 5, 0});
    });
}

TEST_CASE("#7 a torrent without a row of counters is served and stops nobody's accounting") {
    on_each_site([](Site& site) {
        if (!site.is_opsnet()) {
            return;  // there, counters are columns of the torrent
        }
        site.add_torrents(200, 1);
        site.sql().run("DELETE FROM torrents_leech_stats WHERE TorrentID = 200");
        PrivateTracker tracker(site);
        tracker.announce({.torrent = 200, .event = "started"});  // Ocelot would not know it yet
        CHECK(tracker
                  .update("action=add_torrent&info_hash=" + escaped(hash_of(200)) +
                          "&id=200&freetorrent=0")
                  .is_success);
        tracker.announce({.torrent = 200});
        tracker.announce({.torrent = 100});
        tracker.announce({.torrent = 200, .up = 5, .down = 7});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{5, 7});
        CHECK(site.peer(10, 200)->uploaded == 5);
        CHECK(site.torrent(100).crowd == Crowd{0, 1});
        CHECK(tracker.number("failed_flushes") == 0);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
