#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace chihaya;  // NOLINT(google-build-using-namespace): a test, and only here
using chihaya::test::Listener;

TEST_SUITE_BEGIN("management lists");

namespace {

UserRecord user(std::uint64_t id) {
    UserRecord record{.id = UserId{id}};
    std::ranges::copy("key" + std::to_string(id), record.passkey.text.begin());
    return record;
}

TorrentRecord torrent(std::uint32_t number) {
    TorrentRecord record{.id = TorrentId{number}};
    for (std::size_t i = 0; i < 4; ++i) {
        record.info_hash.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return record;
}

/// What stands between `before` and the next quotation mark or comma, wherever it occurs.
std::vector<std::string> all_after(const std::string& page, const std::string& before) {
    std::vector<std::string> found;
    for (auto at = page.find(before); at != page.npos; at = page.find(before, at)) {
        at += before.size();
        found.push_back(page.substr(at, page.find_first_of("\",", at) - at));
    }
    return found;
}

/// Goes through a list to its end. Returns: how often each `name` occurred
std::map<std::string, int> walk(const Listener& listener, const std::string& path,
                                const std::string& name, int& pages) {
    std::map<std::string, int> seen;
    std::string after;
    do {
        const auto answer = listener.get((path + after).c_str());
        REQUIRE(answer.status == 200);
        for (const std::string& one : all_after(answer.body, name)) {
            ++seen[one];
        }
        const auto next = all_after(answer.body, R"("next":")");
        after = next.empty() ? "" : "&after=" + next.front();
        ++pages;
    } while (!after.empty());
    return seen;
}

bool each_once(const std::map<std::string, int>& seen) {
    return std::ranges::all_of(seen, [](const auto& one) { return one.second == 1; });
}

}  // namespace

TEST_CASE("an empty list is a list") {
    Listener listener;
    listener.start();
    CHECK(listener.get("/users").body == "{\"users\":[]}\n");
    CHECK(listener.get("/torrents").body == "{\"torrents\":[]}\n");
}

TEST_CASE("a list shows what single calls take") {
    Listener listener;
    listener.start();
    const UserRecord anna = user(7);
    REQUIRE(listener.roster.put_users({&anna, 1}).ok());
    TorrentRecord film = torrent(1);
    film.freeleech = Freeleech::neutral;
    film.snatches = 3;
    REQUIRE(listener.roster.put_torrents({&film, 1}).ok());
    CHECK(listener.get("/users").body ==
          R"({"users":[{"id":7,"passkey":"key7","up_multiplier":1,"down_multiplier":1,)"
          R"("can_leech":true,"hidden":false}]})"
          "\n");
    CHECK(listener.get("/torrents").body ==
          R"({"torrents":[{"infohash":"0100000000000000000000000000000000000000","id":1,)"
          R"("snatches":3,"up_multiplier":1,"down_multiplier":1,"freeleech":"neutral"}]})"
          "\n");
}

TEST_CASE("a user is found by number") {
    Listener listener;
    listener.start();
    const std::vector<UserRecord> users{user(7), user(8)};
    REQUIRE(listener.roster.put_users(users).ok());
    CHECK(all_after(listener.get("/users?id=8").body, "\"passkey\":\"") ==
          std::vector<std::string>{"key8"});
    CHECK(listener.get("/users?id=9").body == "{\"users\":[]}\n");
    CHECK(listener.get("/users?id=anna").status == 400);
}

TEST_CASE("a walk through the pages of a hundred thousand shows each once") {
    constexpr std::uint32_t count = 100'000;
    Listener listener;
    listener.start();
    std::vector<UserRecord> users;
    std::vector<TorrentRecord> torrents;
    for (std::uint32_t i = 1; i <= count; ++i) {
        users.push_back(user(i));
        torrents.push_back(torrent(i));
    }
    REQUIRE(listener.roster.put_users(users).ok());
    REQUIRE(listener.roster.put_torrents(torrents).ok());
    int pages = 0;
    const auto seen = walk(listener, "/users?limit=10000", "\"id\":", pages);
    CHECK(seen.size() == count);
    CHECK(each_once(seen));
    CHECK(pages == 11);  // the last of them is empty
    pages = 0;
    const auto hashes = walk(listener, "/torrents?limit=9999", "\"infohash\":\"", pages);
    CHECK(hashes.size() == count);
    CHECK(each_once(hashes));
}

TEST_CASE("what stays is shown once, while others come and go") {
    Listener listener;
    listener.start();
    std::vector<UserRecord> users;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        users.push_back(user(i));
    }
    REQUIRE(listener.roster.put_users(users).ok());
    std::map<std::string, int> seen;
    std::string after;
    std::uint64_t number = 0;
    do {
        const auto body = listener.get(("/users?limit=7" + after).c_str()).body;
        for (const std::string& id : all_after(body, "\"id\":")) {
            ++seen[id];
        }
        const auto next = all_after(body, R"("next":")");
        after = next.empty() ? "" : "&after=" + next.front();
        ++number;
        const UserRecord newcomer = user(10'000 + number);
        REQUIRE(listener.roster.put_users({&newcomer, 1}).ok());
        const UserId leaver{2 * number};  // the one it would go on from, too
        REQUIRE(listener.roster.erase_users({&leaver, 1}).ok());
    } while (!after.empty());
    CHECK(each_once(seen));
    for (std::uint64_t id = 1; id < 1000; id += 2) {
        REQUIRE(seen.contains(std::to_string(id)));
    }
}

TEST_CASE("a query of a list that is wrong is refused") {
    Listener listener;
    listener.start();
    for (const char* path :
         {"/users?limit=0", "/users?limit=10001", "/users?limit=-1", "/users?limit=x",
          "/users?limit=", "/users?after=x", "/users?after=99999999999999999999",
          "/torrents?after=abc", "/torrents?limit=1e3"}) {
        CAPTURE(path);
        CHECK(listener.get(path).status == 400);
    }
}

TEST_CASE("a list is read or put, and only by who has access") {
    Listener listener;
    SUBCASE("with another method") {
        listener.start();
        const auto answer = listener.ask("DELETE", "/torrents");
        CHECK(answer.status == 405);
        CHECK(answer.headers.at("Allow") == "GET, HEAD, PUT");
    }
    SUBCASE("without the token") {
        listener.settings.token = "secret";
        listener.start();
        CHECK(listener.get("/users").status == 401);
        CHECK(listener.get("/torrents").status == 401);
    }
    SUBCASE("on a public tracker there are no users") {
        listener.settings.private_mode = false;
        listener.start();
        CHECK(listener.get("/users").status == 404);
        CHECK(listener.get("/torrents").status == 200);
    }
}

TEST_SUITE_END();
