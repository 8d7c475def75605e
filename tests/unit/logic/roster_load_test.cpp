#include "core/logic/client_list.hpp"
#include "core/logic/roster.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

TEST_SUITE_BEGIN("a load of the shared copy");

namespace chihaya::logic {
namespace {

using test::ScriptedTracker;

UserRecord user(std::uint64_t id, std::string_view passkey) {
    UserRecord record{.id = UserId{id}};
    std::ranges::copy(passkey, record.passkey.text.begin());
    return record;
}

InfoHash hash(std::uint8_t number) {
    InfoHash info_hash;
    info_hash.bytes.fill(number);
    return info_hash;
}

TorrentRecord torrent(std::uint8_t number, std::uint32_t snatches = 0) {
    return {.id = TorrentId{number}, .info_hash = hash(number), .snatches = snatches};
}

ClientRecord client(std::string_view text) {
    return {.prefix = client_prefix(text).value()};
}

TokenRecord token(std::uint64_t id, std::uint8_t number) {
    return {.user = UserId{id}, .info_hash = hash(number)};
}

template <class T>
std::span<const T> one(const T& value) {
    return {&value, 1};
}

/// Two of everything.
void fill(RegistrySink& sink) {
    for (const std::uint8_t number : {std::uint8_t{1}, std::uint8_t{2}}) {
        CHECK(sink.put_users(one(user(number, number == 1 ? "first" : "second"))).ok());
        CHECK(sink.put_torrents(one(torrent(number))).ok());
        CHECK(sink.put_clients(one(client(number == 1 ? "-TR" : "-UT"))).ok());
        CHECK(sink.put_tokens(one(token(number, number))).ok());
    }
}

/// The first of everything.
Status firsts(RegistrySink& sink) {
    CHECK(sink.put_users(one(user(1, "first"))).ok());
    CHECK(sink.put_torrents(one(torrent(1))).ok());
    CHECK(sink.put_clients(one(client("-TR"))).ok());
    CHECK(sink.put_tokens(one(token(1, 1))).ok());
    return {};
}

bool has_first(const Roster& roster) {
    return roster.user("first") && roster.torrent(hash(1)) &&
           roster.has_client(client("-TR").prefix) && roster.has_token(UserId{1}, hash(1));
}

/// All seconds, or none.
bool has_second(const Roster& roster) {
    const bool has_user = roster.user("second").has_value();
    CHECK(roster.torrent(hash(2)).has_value() == has_user);
    CHECK(roster.has_client(client("-UT").prefix) == has_user);
    CHECK(roster.has_token(UserId{2}, hash(2)) == has_user);
    CHECK(roster.sizes().users == (has_user ? 2 : 1));
    return has_user;
}

}  // namespace

TEST_CASE("a load publishes what the driver shows") {
    ScriptedTracker driver;
    Roster roster(driver);
    driver.shared_copy = firsts;
    REQUIRE(roster.load().ok());
    CHECK(has_first(roster));
    CHECK(driver.written().empty());
}

TEST_CASE("after a lapse, what a load leaves out disappears") {
    ScriptedTracker driver;
    Roster roster(driver);
    fill(roster);
    driver.shared_copy = firsts;
    roster.replica().lapsed();
    REQUIRE(roster.load().ok());
    CHECK(has_first(roster));
    CHECK_FALSE(has_second(roster));
}

TEST_CASE("without a lapse of the driver, what a load leaves out stays") {
    ScriptedTracker driver;
    Roster roster(driver);
    fill(roster);
    REQUIRE(roster.load().ok());  // as a driver does whose registry nobody shares
    roster.lapsed();              // a site's, and no business of the driver's
    REQUIRE(roster.load().ok());
    CHECK(has_first(roster));
    CHECK(has_second(roster));
}

TEST_CASE("a load that fails withdraws nothing, but the next one does") {
    ScriptedTracker driver;
    Roster roster(driver);
    fill(roster);
    roster.replica().lapsed();
    driver.shared_copy = [](RegistrySink& sink) {
        CHECK(firsts(sink).ok());
        return Status{StatusCode::unavailable, "away"};
    };
    CHECK(roster.load().code == StatusCode::unavailable);
    CHECK(has_second(roster));
    driver.shared_copy = firsts;
    REQUIRE(roster.load().ok());
    CHECK(has_first(roster));
    CHECK_FALSE(has_second(roster));
}

TEST_CASE("what this process changes during a load is newer than the load") {
    ScriptedTracker driver;
    Roster roster(driver);
    fill(roster);
    roster.replica().lapsed();
    driver.shared_copy = [&](RegistrySink& sink) {
        CHECK(roster.put_users(one(user(1, "newer"))).ok());
        CHECK(roster.put_torrents(one(torrent(1, 77))).ok());
        CHECK(roster.erase_tokens(one(token(1, 1))).ok());
        CHECK(roster.put_users(one(user(3, "third"))).ok());
        CHECK(roster.put_clients(one(client("-ZZ"))).ok());
        return firsts(sink);
    };
    REQUIRE(roster.load().ok());
    CHECK(roster.user("newer"));
    CHECK_FALSE(roster.user("first"));
    CHECK(roster.torrent(hash(1))->snatches == 77);
    CHECK_FALSE(roster.has_token(UserId{1}, hash(1)));
    CHECK(roster.user("third"));
    CHECK(roster.has_client(client("-ZZ").prefix));
    CHECK_FALSE(roster.user("second"));
}

TEST_CASE("what the driver has lost is put back as it is here") {
    ScriptedTracker driver;
    Roster roster(driver);
    fill(roster);
    REQUIRE(roster.erase_users(one(UserId{2})).ok());
    const auto before = driver.written().size();
    REQUIRE(roster.put_back().ok());
    auto written = driver.written();
    written.erase(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(before));
    CHECK(written == std::vector<std::string>{"put_users:1", "put_torrents:2", "put_tokens:2",
                                              "put_clients:2"});
    driver.answer = {StatusCode::unavailable, "away"};
    CHECK(roster.put_back().code == StatusCode::unavailable);
    CHECK(has_first(roster));
}

}  // namespace chihaya::logic
TEST_SUITE_END();
