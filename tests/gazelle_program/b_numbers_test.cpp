// Group B: many announces at once, and numbers that no client should send.

#include "tests/gazelle_program/private_tracker.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: numbers");

namespace chihaya::test {
namespace {

/// Notes the statements that a server is sent, while it lives.
class StatementLog {
public:
    explicit StatementLog(const MariadbServer& server) : sql_(server) {
        sql_.run(
            "SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log;"
            " SET GLOBAL general_log = ON");
    }
    ~StatementLog() { sql_.run("SET GLOBAL general_log = OFF"); }
    StatementLog(const StatementLog&) = delete;
    StatementLog& operator=(const StatementLog&) = delete;

    /// How many of the tracker's statements are LIKE this.
    [[nodiscard]] int count(const std::string& pattern) {
        return std::stoi(
            sql_.value("SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Query' AND"
                       " user_host LIKE 'tracker%' AND argument LIKE '" +
                       pattern + '\''));
    }

private:
    Sql sql_;
};

}  // namespace

TEST_CASE("#17 what 50 users send between two flushes is exact, in a statement for each table") {
    on_each_site_and_redis([](Site& site) {
        constexpr std::uint32_t first = 1'000;
        constexpr std::uint32_t count = 50;
        constexpr std::uint32_t rounds = 10;
        site.add_users(first, count);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "2s")"});
        StatementLog log(site.server());
        for (std::uint32_t round = 0; round < rounds; ++round) {
            for (std::uint32_t user = first; user < first + count; ++user) {
                tracker.announce(
                    {.user = user, .up = round * user, .down = round * (user - first)});
            }
        }
        tracker.wait_flushed();
        for (std::uint32_t user = first; user < first + count; ++user) {
            CAPTURE(user);
            CHECK(site.credit(user) == Credit{(rounds - 1) * user, (rounds - 1) * (user - first)});
        }
        const int flushes = log.count("START TRANSACTION");
        CHECK(flushes >= 1);
        CHECK(flushes < 20);
        for (const std::string& one :
             {"UPDATE%" + site.users_table() + " AS t%",
              "UPDATE%" + site.torrents_table() + " AS t%",
              std::string("INSERT INTO xbt_files_users (uid, fid, peer_id, active, announced%")}) {
            CAPTURE(one);
            CHECK(log.count(one) >= 1);
            CHECK(log.count(one) <= flushes);
        }
    });
}

TEST_CASE("#19 numbers that are none, or below zero, or as large as can be, harm nobody") {
    on_each_site_and_redis([](Site& site) {
        PrivateTracker tracker(site);
        tracker.announce({.user = 15, .torrent = 102, .event = "started"});
        tracker.announce({.event = "started", .more = "&uploaded=-5&downloaded=abc"});
        tracker.wait_flushed();
        CHECK(site.peer(10, 100)->uploaded == 0);
        CHECK(site.peer(10, 100)->downloaded == 0);
        tracker.announce({.peer_id = peer_b,
                          .event = "started",
                          .more = "&uploaded=9223372036854775807&corrupt=-1"});
        tracker.announce({.peer_id = peer_b, .up = 5});
        tracker.announce({.peer_id = peer_b, .up = 105});
        tracker.wait_flushed();
        CHECK(site.credit(10) == Credit{100, 0});
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

TEST_CASE("#19 who claims more than a column holds harms no row but his own, on any torrent") {
    on_each_site([](Site& site) {
        constexpr std::uint32_t first = 1'000;
        constexpr std::uint32_t count = 250;  // more than the rows that a transaction may leave out
        site.add_torrents(first, count);
        PrivateTracker tracker(site, {.params = R"("flush_interval": "1s")"});
        const auto claim = [&](const std::string& more) {
            for (std::uint32_t torrent = first; torrent < first + count; ++torrent) {
                tracker.announce({.torrent = torrent, .more = more});
            }
            tracker.wait_flushed();
        };
        claim("");
        claim("&uploaded=9223372036854775807");
        tracker.announce({.user = 12, .torrent = first, .left = 0, .event = "started"});
        claim("&uploaded=0");
        claim("&uploaded=33");  // which is more than there is room for
        claim("&uploaded=0");
        claim("&uploaded=9223372036854775807");
        tracker.announce({.user = 12, .torrent = first, .up = 33, .left = 0});
        tracker.wait_flushed();
        CHECK(site.credit(12) == Credit{33, 0});
        CHECK(site.torrent(first).crowd == Crowd{1, 1});
        CHECK(site.torrent(first).last_action > 0);
        CHECK(site.torrent(first).balance == INT64_MAX);
        CHECK(site.torrent(first + 1).balance == INT64_MAX);
        CHECK(site.sql().value("SELECT Uploaded = 9223372036854775807 FROM " + site.users_table() +
                               " WHERE " + site.users_key() + " = 10") == "1");
        CHECK(tracker.number("failed_flushes") == 0);
        CHECK(tracker.number("rejected_rows") == 0);
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
