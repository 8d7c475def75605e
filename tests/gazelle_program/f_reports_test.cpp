// Group F, the rest: what a tracker reports to its site, and many calls at once.

#include "tests/gazelle_program/truthful_peers.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

TEST_SUITE_BEGIN("the tracker of a Gazelle site: reports");

namespace chihaya::test {
namespace {

using Json = Poco::JSON::Object::Ptr;

Json parsed(const ControlAnswer& answer) {
    return Poco::JSON::Parser().parse(answer.payload).extract<Json>();
}

std::set<std::string> names_in(const Json& object) {
    const auto names = object->getNames();
    return {names.begin(), names.end()};
}

std::vector<int> numbers_in(const Json& object, const std::string& name) {
    const Poco::JSON::Array::Ptr list = object->getArray(name);
    std::vector<int> all;
    for (std::size_t i = 0; i < list->size(); ++i) {
        all.push_back(list->getElement<int>(static_cast<unsigned>(i)));
    }
    std::ranges::sort(all);
    return all;
}

int value_of(const Json& stats, const std::string& label) {
    return stats->getObject(label)->getValue<int>("value");
}

/// Value and label of each line: "80 leechers tracked".
std::vector<std::pair<std::string, std::string>> lines_of(const ControlAnswer& answer) {
    std::vector<std::pair<std::string, std::string>> all;
    std::istringstream lines(answer.payload);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.find(' ');
        all.emplace_back(line.substr(0, space), line.substr(space + 1));
    }
    return all;
}

/// A leecher and a seeder of torrent 100, user 10 a seeder of 102 as well.
void populate(PrivateTracker& tracker) {
    tracker.announce({.user = 10, .port = 1'001});
    tracker.announce({.user = 10, .torrent = 102, .left = 0, .port = 1'001});
    tracker.announce({.user = 15, .left = 0, .port = 1'002});
    tracker.wait_flushed();
}

void check_text(const PrivateTracker& tracker) {
    const ControlAnswer stats = tracker.report("get=stats");
    CHECK(stats.is_success);
    const auto lines = lines_of(stats);
    REQUIRE(lines.size() == 13);
    CHECK(lines[0].first == "Uptime:");
    CHECK(lines[0].second.starts_with("0 days, 00:"));
    const std::vector<std::string> labels{
        "connections opened",   "open connections", "connections/s",
        "requests handled",     "requests/s",       "successful announcements",
        "failed announcements", "scrapes",          "leechers tracked",
        "seeders tracked",      "bytes read",       "bytes written"};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        CHECK(lines[i + 1].second == labels[i]);
    }
    CHECK(lines[6].first == "3");
    CHECK(lines[9].first == "1");
    CHECK(lines[10].first == "2");

    const ControlAnswer user = tracker.report("get=user&key=" + passkey_of(10));
    CHECK(user.is_success);
    CHECK(user.payload == "1 leeching\n1 seeding");
    for (const std::string& what : {"user&key=" + passkey_of(13), std::string("user")}) {
        const ControlAnswer unknown = tracker.report("get=" + what);
        CHECK(unknown.is_success);
        CHECK(unknown.payload.empty());
    }
    CHECK(tracker.report("get=dance").payload == "Invalid action");
}

void check_json(const PrivateTracker& tracker) {
    const Json stats = parsed(tracker.report("get=stats"));
    CHECK(value_of(stats, "announce interval") == 1'800);
    CHECK(value_of(stats, "announce jitter") == 0);
    CHECK(value_of(stats, "requests handled") > 0);
    CHECK(value_of(stats, "successful announcements") == 3);
    CHECK(value_of(stats, "leechers tracked") == 1);
    CHECK(value_of(stats, "seeders tracked") == 2);
    for (const std::string& name : stats->getNames()) {
        CHECK(names_in(stats->getObject(name)) == std::set<std::string>{"type", "value"});
    }

    const Json user = parsed(tracker.report("get=user&key=" + passkey_of(10)));
    CHECK(names_in(user) == std::set<std::string>{"id", "leeching", "seeding", "deleted",
                                                  "protected", "can_leech", "traced"});
    CHECK(user->getValue<int>("id") == 10);
    CHECK(user->getValue<int>("leeching") == 1);
    CHECK(user->getValue<int>("seeding") == 1);
    CHECK(user->getValue<int>("can_leech") == 1);
    CHECK(tracker.update("action=trace_user&trace=1&passkey=" + passkey_of(12)).is_success);
    const Json traced = parsed(tracker.report("get=user&key=" + passkey_of(12)));
    CHECK(traced->getValue<int>("traced") == 1);
    CHECK(traced->getValue<int>("protected") == 1);

    const Json torrent = parsed(tracker.report("get=torrent&info_hash=" + escaped(hash_of(100))));
    CHECK(names_in(torrent) == std::set<std::string>{"id", "completed", "balance", "free",
                                                     "last_flushed", "last_selected_seeder",
                                                     "leecher_list", "seeder_list",
                                                     "fltoken_list"});
    CHECK(torrent->getValue<int>("id") == 100);
    CHECK(torrent->getValue<int>("completed") == 5);
    CHECK(torrent->getValue<int>("balance") == 77);
    CHECK(torrent->getValue<std::int64_t>("last_flushed") > 0);
    CHECK(numbers_in(torrent, "leecher_list") == std::vector<int>{10});
    CHECK(numbers_in(torrent, "seeder_list") == std::vector<int>{15});
    CHECK(numbers_in(torrent, "fltoken_list") == std::vector<int>{15});
    const Json empty = parsed(tracker.report("get=torrent&info_hash=" + escaped(hash_of(101))));
    CHECK(numbers_in(empty, "leecher_list").empty());

    for (const std::string& what :
         {"user&key=" + passkey_of(13), std::string("user"),
          "torrent&info_hash=" + escaped(hash_of(4'711)), std::string("dance")}) {
        CHECK(tracker.report("get=" + what).payload.empty());
    }
    CHECK(tracker.report("get=prom_stats").bytes.ends_with("#"));
}

}  // namespace

TEST_CASE("#49 reports have the form that the site's pages take apart") {
    on_each_site([](Site& site) {
        PrivateTracker tracker(site);
        populate(tracker);
        if (site.is_opsnet()) {
            check_json(tracker);
        } else {
            check_text(tracker);
        }
    });
}

TEST_CASE("#50 hundreds of calls under load succeed all, and stop no announce") {
    on_each_site([](Site& site) {
        TruthfulPeers peers(site);
        PrivateTracker tracker(site);
        SteadyLoad load(peers, tracker);
        constexpr std::uint32_t calls = 400;
        using Clock = std::chrono::steady_clock;
        Clock::duration longest{0};
        std::uint32_t succeeded = 0;
        for (std::uint32_t i = 0; i < calls; ++i) {
            const std::string hash = "&info_hash=" + escaped(hash_of(10'000 + i / 4));
            const std::string id = std::to_string(10'000 + i / 4);
            const std::string queries[] = {
                "action=add_torrent&freetorrent=0&id=" + id + hash,
                "action=add_token&userid=10" + hash,
                "action=update_user&can_leech=1&passkey=" + passkey_of(10),
                "action=delete_torrent&reason=0&id=" + id + hash};
            const auto begin = Clock::now();
            succeeded += tracker.update(queries[i % 4]).is_success ? 1U : 0U;
            longest = std::max(longest, Clock::now() - begin);
        }
        load.wait_for_rounds();
        load.finish();
        CHECK(succeeded == calls);
        CHECK(load.failure().empty());
        CHECK(peers.differences(site).empty());
        MESSAGE(calls << " control calls under load: the slowest took "
                      << std::chrono::ceil<std::chrono::milliseconds>(longest).count() << " ms");
    });
}

}  // namespace chihaya::test

TEST_SUITE_END();
