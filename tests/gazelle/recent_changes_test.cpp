#include "plugins/gazelle/site/recent_changes.hpp"

#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("what the site has told lately");

namespace chihaya::gazelle::test {
namespace {

using namespace std::chrono_literals;

/// Changes go to `tracker`, loads to `loaded`.
struct Site {
    explicit Site(std::size_t most = limits::recent_changes_max)
        : recent(
              tracker, [this] { return clock.now(); }, most) {}

    template <class Record>
    Status put(const Record& record) {
        const std::span one(&record, 1);
        if constexpr (std::is_same_v<Record, UserRecord>) {
            return recent.put_users(one);
        } else if constexpr (std::is_same_v<Record, TorrentRecord>) {
            return recent.put_torrents(one);
        } else if constexpr (std::is_same_v<Record, ClientRecord>) {
            return recent.put_clients(one);
        } else {
            return recent.put_tokens(one);
        }
    }

    /// A load of a database that has these users.
    Status load(const std::vector<UserRecord>& users = {}) {
        LoadOverlay overlay(recent, loaded);
        const Status taken = overlay.put_users(users);
        return taken.ok() ? overlay.finish() : taken;
    }

    chihaya::test::FakeClock clock;
    SiteTracker tracker;
    SiteTracker loaded;
    RecentChanges recent;
};

UserRecord without_leech(UserRecord user) {
    user.flags = UserFlags::none;
    return user;
}

}  // namespace

TEST_CASE("a change goes to the registry at once, and one that is refused is not remembered") {
    Site site;
    REQUIRE(site.put(user_of(1, 'a')).ok());
    CHECK(site.tracker.user(1));
    site.tracker.answer = {StatusCode::unavailable, "away"};
    CHECK(!site.put(user_of(2, 'b')).ok());
    REQUIRE(site.load().ok());
    CHECK(site.loaded.user(1));
    CHECK(!site.loaded.user(2));
}

TEST_CASE("what was erased lately is not brought back by a load, for a quarter of an hour") {
    Site site;
    const std::vector<UserId> one{UserId{1}};
    const TokenRecord token = token_of(1, 7);
    const std::vector<TorrentErasure> torrent{{.info_hash = hash_of(7)}};
    const ClientRecord client = client_of("-TR3");
    REQUIRE(site.recent.erase_users(one).ok());
    REQUIRE(site.recent.erase_tokens(std::span(&token, 1)).ok());
    REQUIRE(site.recent.erase_torrents(torrent).ok());
    REQUIRE(site.recent.erase_clients(std::span(&client.prefix, 1)).ok());
    const auto load_all = [&] {
        const std::vector<TorrentRecord> torrents{torrent_of(100, 7), torrent_of(101, 8)};
        const std::vector<UserRecord> users{user_of(1, 'a'), user_of(2, 'b')};
        LoadOverlay overlay(site.recent, site.loaded);
        REQUIRE(overlay.put_users(users).ok());
        REQUIRE(overlay.put_torrents(torrents).ok());
        REQUIRE(overlay.put_tokens(std::span(&token, 1)).ok());
        REQUIRE(overlay.put_clients(std::span(&client, 1)).ok());
        REQUIRE(overlay.finish().ok());
    };
    site.clock.advance(15min - 1s);
    load_all();
    CHECK(!site.loaded.user(1));
    CHECK(site.loaded.user(2));
    CHECK(!site.loaded.torrent(7));
    CHECK(site.loaded.torrent(8));
    CHECK(!site.loaded.has_token(1, 7));
    CHECK(site.loaded.clients().empty());

    site.clock.advance(1s);
    load_all();
    CHECK(site.loaded.user(1));
    CHECK(site.loaded.torrent(7));
    CHECK(site.loaded.has_token(1, 7));
    CHECK(site.loaded.clients().size() == 1);
}

TEST_CASE("what was put lately and has not come by is put at the end of a load") {
    Site site;
    REQUIRE(site.put(user_of(1, 'a')).ok());
    REQUIRE(site.put(torrent_of(100, 7)).ok());
    REQUIRE(site.put(token_of(1, 7)).ok());
    REQUIRE(site.put(client_of("-TR3")).ok());
    SUBCASE("within a quarter of an hour") {
        site.clock.advance(15min - 1s);
        REQUIRE(site.load().ok());
        CHECK(site.loaded.user(1));
        CHECK(site.loaded.torrent(7));
        CHECK(site.loaded.has_token(1, 7));
        CHECK(site.loaded.clients().size() == 1);
    }
    SUBCASE("a user, who may not have answered the mail yet, within a week") {
        site.clock.advance(24h * 7 - 1s);
        REQUIRE(site.load().ok());
        CHECK(site.loaded.user(1));
        CHECK(!site.loaded.torrent(7));
        CHECK(!site.loaded.has_token(1, 7));
        CHECK(site.loaded.clients().empty());
    }
    SUBCASE("but not after a week") {
        site.clock.advance(24h * 7);
        REQUIRE(site.load().ok());
        CHECK(!site.loaded.user(1));
    }
}

TEST_CASE("a put that a later load has shown is forgotten") {
    Site site;
    REQUIRE(site.put(user_of(1, 'a')).ok());
    site.clock.advance(60s);
    REQUIRE(site.load({user_of(1, 'a')}).ok());
    SiteTracker empty;
    LoadOverlay overlay(site.recent, empty);
    REQUIRE(overlay.finish().ok());
    CHECK(empty.users() == 0);
}

TEST_CASE("a put wins over what the database shows for a minute, the database after that") {
    Site site;
    REQUIRE(site.put(without_leech(user_of(1, 'a'))).ok());
    site.clock.advance(59s);
    REQUIRE(site.load({user_of(1, 'a')}).ok());
    CHECK(site.loaded.user(1)->flags == UserFlags::none);
    site.clock.advance(1s);
    REQUIRE(site.load({user_of(1, 'a')}).ok());
    CHECK(site.loaded.user(1)->flags == UserFlags::can_leech);
}

TEST_CASE("a change in the midst of a load wins however long that takes") {
    Site site;
    LoadOverlay overlay(site.recent, site.loaded);
    REQUIRE(site.put(without_leech(user_of(1, 'a'))).ok());
    const std::vector<UserId> erased{UserId{2}};
    REQUIRE(site.recent.erase_users(erased).ok());
    site.clock.advance(1h);
    const std::vector<UserRecord> stale{user_of(1, 'a'), user_of(2, 'b')};
    REQUIRE(overlay.put_users(stale).ok());
    REQUIRE(overlay.finish().ok());
    CHECK(site.loaded.user(1)->flags == UserFlags::none);
    CHECK(!site.loaded.user(2));
}

TEST_CASE("the snatches of a torrent that was put lately are the database's") {
    Site site;
    TorrentRecord torrent = torrent_of(100, 7);
    torrent.freeleech = Freeleech::free;
    REQUIRE(site.put(torrent).ok());
    torrent.freeleech = Freeleech::none;
    torrent.snatches = 5;
    LoadOverlay overlay(site.recent, site.loaded);
    REQUIRE(overlay.put_torrents(std::span(&torrent, 1)).ok());
    CHECK(site.loaded.torrent(7)->freeleech == Freeleech::free);
    CHECK(site.loaded.torrent(7)->snatches == 5);
}

TEST_CASE("the later of two changes of one key counts") {
    Site site;
    const std::vector<UserId> one{UserId{1}};
    REQUIRE(site.recent.erase_users(one).ok());
    REQUIRE(site.put(user_of(1, 'a')).ok());
    REQUIRE(site.load().ok());
    CHECK(site.loaded.user(1));
}

TEST_CASE("the oldest change is forgotten for the newest when there are too many") {
    Site site(2);
    REQUIRE(site.put(user_of(1, 'a')).ok());
    REQUIRE(site.put(user_of(2, 'b')).ok());
    REQUIRE(site.put(user_of(1, 'A')).ok());
    REQUIRE(site.put(user_of(3, 'c')).ok());
    REQUIRE(site.load().ok());
    CHECK(site.loaded.user(1));
    CHECK(!site.loaded.user(2));
    CHECK(site.loaded.user(3));
}

TEST_CASE("a load that the sink does not take says so") {
    Site site;
    site.loaded.answer = {StatusCode::unavailable, "away"};
    CHECK(!site.load({user_of(1, 'a')}).ok());
    REQUIRE(site.put(user_of(1, 'a')).ok());
    CHECK(!site.load().ok());
}

TEST_CASE("calls of the site and a long load do not undo each other") {
    Site site;
    std::vector<UserRecord> stale;
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        stale.push_back(user_of(id, 'x'));
    }
    std::thread loading([&] {
        LoadOverlay overlay(site.recent, site.tracker);
        static_cast<void>(overlay.put_users(stale));
        static_cast<void>(overlay.finish());
    });
    for (std::uint64_t id = 1; id <= 20'000; id += 97) {
        CHECK(site.put(without_leech(user_of(id, 'x'))).ok());
    }
    loading.join();
    CHECK(site.tracker.users() == 20'000);
    for (std::uint64_t id = 1; id <= 20'000; id += 97) {
        CHECK(site.tracker.user(id)->flags == UserFlags::none);
    }
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
