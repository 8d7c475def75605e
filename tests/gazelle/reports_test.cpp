#include "plugins/gazelle/site/reports.hpp"

#include "tests/gazelle/site_parameters.hpp"
#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/fake_host.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("reports to a site");

namespace chihaya::gazelle::test {
namespace {

using chihaya::test::Gazelle;
using namespace std::chrono_literals;

Dialect dialect_of(Gazelle site) {
    return site == Gazelle::whatcd ? Dialect{.name = DialectName::whatcd,
                                             .torrent_totals = "torrents",
                                             .torrent_key = "ID"}
                                   : Dialect{.name = DialectName::opsnet,
                                             .torrent_totals = "torrents_leech_stats",
                                             .torrent_key = "TorrentID"};
}

TrackerNumbers some_numbers() {
    TrackerNumbers numbers;
    numbers.uptime = 3 * 24h + 4h + 5min + 6s;
    numbers.interval = 1800s;
    numbers.interval_jitter = 240s;
    numbers.connections_opened = 123;
    numbers.connections_open = 4;
    numbers.requests = 678;
    numbers.announces = 600;
    numbers.announces_failed = 50;
    numbers.scrapes = 7;
    numbers.bytes_received = 1000;
    numbers.bytes_transmitted = 2000;
    numbers.seeders = 900;
    numbers.leechers = 80;
    return numbers;
}

struct Page {
    Page(Gazelle site, Parameters of) : parameters(std::move(of)), dialect(dialect_of(site)) {
        tracker.now() = some_numbers();
        UserRecord user = user_of(10, 'A');
        user.flags = UserFlags::can_leech | UserFlags::hidden;
        CHECK(tracker.put_users(std::span(&user, 1)).ok());
        TorrentRecord torrent = torrent_of(100, 'x');
        torrent.freeleech = Freeleech::neutral;
        CHECK(tracker.put_torrents(std::span(&torrent, 1)).ok());
        wrong_secrets.update = 11;
        wrong_secrets.report = 12;
    }
    Answer ask(const std::string& query) {
        return reports.answer(ControlQuery(query), wrong_secrets);
    }
    std::string body(const std::string& query) { return ask(query).body; }
    Poco::JSON::Object::Ptr json(const std::string& query) {
        const Answer answer = ask(query);
        CHECK(answer.http_status == 200);
        CHECK(answer.content_type == std::string("application/json"));
        REQUIRE(answer.body.ends_with("}\n"));
        Poco::JSON::Parser parser;
        return parser.parse(answer.body).extract<Poco::JSON::Object::Ptr>();
    }

    const Parameters parameters;
    const Dialect dialect;
    chihaya::test::FakeClock clock;
    SiteTracker tracker;
    TracedUsers traced;
    WrongSecrets wrong_secrets;
    Reports reports{parameters,
                    {tracker, traced, [this] { return dialect; },
                     [] { return QueueSizes{1, 2, 3, 4, 5, Time(1'700'000'000'500ms)}; },
                     [this] {
                         return clock.now();
                     }}};
};

/// No server is there.
Parameters nowhere() {
    Parameters parameters;
    parameters.database.port = 1;
    return parameters;
}

const chihaya::test::MariadbServer& server() {
    static const chihaya::test::MariadbServer one;
    return one;
}

const std::string key = "&key=" + std::string(32, 'A');

void put_peers(chihaya::test::Sql& sql) {
    sql.run(
        "INSERT INTO xbt_files_users(uid, fid, peer_id, active, remaining) VALUES"
        "(10, 100, 'a', 1, 5), (10, 100, 'b', 1, 5), (10, 101, 'a', 1, 0), (10, 102, 'a', 0, 0),"
        "(15, 100, 'c', 1, 0), (16, 100, 'd', 0, 0), (0, 0, 'marker', 0, 1)");
}

}  // namespace

TEST_CASE("#49 the tracker's numbers as lines, each a number and a label") {
    Page page(Gazelle::whatcd, nowhere());
    CHECK(page.ask("get=stats").content_type == std::string("text/plain"));
    CHECK(page.body("get=stats") ==
          "Uptime: 3 days, 04:05:06\n"
          "123 connections opened\n"
          "4 open connections\n"
          "0 connections/s\n"
          "678 requests handled\n"
          "0 requests/s\n"
          "600 successful announcements\n"
          "50 failed announcements\n"
          "7 scrapes\n"
          "80 leechers tracked\n"
          "900 seeders tracked\n"
          "1000 bytes read\n"
          "2000 bytes written\n"
          "success");
    CHECK(page.body("get=dance") == "Invalid action\nsuccess");
    CHECK(page.body("") == "Invalid action\nsuccess");
}

TEST_CASE("rates are those between two reports, and the same for two at one time") {
    Page page(Gazelle::whatcd, nowhere());
    const auto has_line = [&](const std::string& line) {
        return page.body("get=stats").find('\n' + line + '\n') != std::string::npos;
    };
    CHECK(has_line("0 requests/s"));
    page.tracker.now().requests += 500;
    page.tracker.now().connections_opened += 100;
    page.clock.advance(10s);
    CHECK(has_line("50 requests/s"));
    CHECK(has_line("10 connections/s"));
    CHECK(has_line("50 requests/s"));
    page.clock.advance(10s);
    CHECK(has_line("0 requests/s"));
}

TEST_CASE("#49 the tracker's numbers as JSON have what the site's pages look up") {
    Page page(Gazelle::opsnet, nowhere());
    const auto stats = page.json("get=stats");
    const auto value = [&](const char* label) {
        REQUIRE(stats->has(label));
        return stats->getObject(label)->getValue<std::uint64_t>("value");
    };
    CHECK(value("announce interval") == 1800);
    CHECK(value("announce jitter") == 240);
    CHECK(value("requests handled") == 678);
    CHECK(value("seeders tracked") == 900);
    CHECK(value("items in user queue") == 1);
    CHECK(value("items in token queue") == 5);
    CHECK(value("bad tracker secret received") == 11);
    CHECK(value("bad report secret received") == 12);
    CHECK(value("maximum resident set size") > 0);
    CHECK(stats->getObject("uptime")->getValue<std::string>("type") == "elapsed");
    CHECK(stats->getObject("bytes read")->getValue<std::string>("type") == "byte");
    CHECK(stats->getObject("version")->getValue<std::string>("value") == "Chihaya");
}

TEST_CASE("the form is the parameter's, or the one that the site's tables tell of") {
    Parameters parameters = nowhere();
    parameters.report_format = ReportFormat::json;
    CHECK(Page(Gazelle::whatcd, parameters).body("get=stats").front() == '{');
    parameters.report_format = ReportFormat::text;
    CHECK(Page(Gazelle::opsnet, parameters).body("get=stats").front() == 'U');
}

TEST_CASE("#49 what JSON does not know is refused without a line break") {
    Page page(Gazelle::opsnet, nowhere());
    CHECK(page.body("get=dance") == "d14:failure reason25:unrecognized report querye");
    CHECK(page.body("get=user") == "d14:failure reason20:Announce key missinge");
    CHECK(page.body("get=user&key=x") == "d14:failure reason22:Announce key not founde");
    CHECK(page.body("get=torrent") == "d14:failure reason17:Info hash missinge");
    CHECK(page.body("get=torrent&info_hash=" + std::string(20, 'y')) ==
          "d14:failure reason17:Torrent not founde");
}

TEST_CASE("numbers for Prometheus end with a #") {
    Page page(Gazelle::opsnet, nowhere());
    const std::string text = page.body("get=prom_stats");
    CHECK(text.ends_with("\n#"));
    CHECK(text.find("ocelot_uptime 273906\n") != std::string::npos);
    CHECK(text.find("\nocelot_seeders 900\n") != std::string::npos);
    CHECK(text.find("\nocelot_total_announcements 650\n") != std::string::npos);
    CHECK(text.find("\nocelot_snatch_queue 4\n") != std::string::npos);
    CHECK(text.find("\nocelot_error{kind=\"bad_tracker_secret\"} 11\n") != std::string::npos);
    CHECK(page.body("get=jemalloc").ends_with('\n'));
}

TEST_CASE("a report without its database says what it can") {
    Page text(Gazelle::whatcd, nowhere());
    CHECK(text.body("get=user" + key) == "success");
    Page json(Gazelle::opsnet, nowhere());
    const Answer answer = json.ask("get=user" + key);
    CHECK(answer.http_status == 503);
    CHECK(answer.body == "d14:failure reason20:The database is awaye");
    CHECK(json.ask("get=torrent&info_hash=" + std::string(20, 'x')).http_status == 503);
}

TEST_CASE("#49 a user's peers are counted as the database has them now") {
    if (chihaya::test::lacks_mariadb()) {
        return;
    }
    for (const Gazelle site : {Gazelle::whatcd, Gazelle::opsnet}) {
        create_site(server(), site);
        chihaya::test::Sql sql(server(), "gazelle");
        Page page(site, parameters_of(server()));
        const bool is_text = site == Gazelle::whatcd;
        const auto has_counts = [&](std::uint64_t leeching, std::uint64_t seeding) {
            if (is_text) {
                return page.body("get=user" + key) == std::to_string(leeching) + " leeching\n" +
                                                          std::to_string(seeding) +
                                                          " seeding\nsuccess";
            }
            const auto user = page.json("get=user" + key);
            return user->getValue<std::uint64_t>("leeching") == leeching &&
                   user->getValue<std::uint64_t>("seeding") == seeding;
        };
        CHECK(has_counts(0, 0));
        put_peers(sql);
        CHECK(has_counts(2, 1));
        sql.run("UPDATE xbt_files_users SET remaining = 0 WHERE uid = 10");
        CHECK(has_counts(0, 3));
        if (is_text) {
            CHECK(page.body("get=user&key=x") == "success");
        }
    }
}

TEST_CASE("a report does not wait for another that the database keeps waiting") {
    if (chihaya::test::lacks_mariadb()) {
        return;
    }
    create_site(server(), Gazelle::opsnet);
    chihaya::test::Sql sql(server(), "gazelle");
    put_peers(sql);
    Page page(Gazelle::opsnet, parameters_of(server()));
    CHECK(page.ask("get=user" + key).http_status == 200);
    sql.run("LOCK TABLES xbt_files_users WRITE");
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 2; ++i) {
        answers.push_back(
            std::async(std::launch::async, [&] { return page.ask("get=user" + key); }));
    }
    // Both are asked for within the patience of either, so whoever comes second gives up first.
    const auto is_answered = [](const std::future<Answer>& answer) {
        return answer.wait_for(5ms) == std::future_status::ready;
    };
    while (!is_answered(answers[0]) && !is_answered(answers[1])) {
    }
    sql.run("UNLOCK TABLES");
    CHECK(answers[0].get().http_status + answers[1].get().http_status == 200 + 503);
}

TEST_CASE("#49 a user as JSON has seven keys, a torrent nine") {
    if (chihaya::test::lacks_mariadb()) {
        return;
    }
    create_site(server(), Gazelle::opsnet);
    chihaya::test::Sql sql(server(), "gazelle");
    put_peers(sql);
    sql.run("UPDATE torrents_leech_stats SET Balance = -77, Snatched = 6 WHERE TorrentID = 100");
    Page page(Gazelle::opsnet, parameters_of(server()));
    CHECK(page.body("get=user" + key) ==
          "{\"id\":10,\"leeching\":2,\"seeding\":1,\"deleted\":0,\"protected\":1,"
          "\"can_leech\":1,\"traced\":0}\n");
    CHECK(page.traced.set(UserId{10}, true));
    CHECK(page.json("get=user" + key)->getValue<int>("traced") == 1);
    CHECK(page.body("get=torrent&info_hash=" + std::string(20, 'x')) ==
          "{\"id\":100,\"completed\":6,\"balance\":-77,\"free\":2,"
          "\"last_flushed\":1700000000,\"last_selected_seeder\":\"\","
          "\"leecher_list\":[10],\"seeder_list\":[15],\"fltoken_list\":[15]}\n");
}

TEST_CASE("a database that comes back is asked again") {
    if (chihaya::test::lacks_mariadb()) {
        return;
    }
    chihaya::test::MariadbServer own;
    create_site(own, Gazelle::whatcd);
    Page page(Gazelle::whatcd, parameters_of(own));
    const std::string none = "0 leeching\n0 seeding\nsuccess";
    CHECK(page.body("get=user" + key) == none);
    own.stop();
    CHECK(page.body("get=user" + key) == "success");
    own.start();
    CHECK(page.body("get=user" + key) == "success");
    page.clock.advance(limits::report_pause);
    CHECK(page.body("get=user" + key) == none);
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
