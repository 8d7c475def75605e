#include "core/logic/client_list.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/site_findings.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

TEST_SUITE_BEGIN("reading the site");

namespace chihaya::logic {
namespace {

using test::ScriptedBackend;
using test::ScriptedTracker;
using Written = std::vector<std::string>;

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

Status first(RegistrySink& sink) {
    CHECK(sink.put_users(one(user(1, "first"))).ok());
    CHECK(sink.put_torrents(one(torrent(1))).ok());
    CHECK(sink.put_clients(one(client("-TR"))).ok());
    CHECK(sink.put_tokens(one(token(1, 1))).ok());
    return {};
}

Status second(RegistrySink& sink) {
    CHECK(sink.put_users(one(user(2, "second"))).ok());
    CHECK(sink.put_torrents(one(torrent(2))).ok());
    CHECK(sink.put_clients(one(client("-UT"))).ok());
    CHECK(sink.put_tokens(one(token(2, 2))).ok());
    return {};
}

Status both(RegistrySink& sink) {
    CHECK(first(sink).ok());
    return second(sink);
}

/// All of one number, or none.
bool has(const Roster& roster, std::uint8_t number) {
    const bool has_user = roster.user(number == 1 ? "first" : "second").has_value();
    CHECK(roster.torrent(hash(number)).has_value() == has_user);
    CHECK(roster.has_client(client(number == 1 ? "-TR" : "-UT").prefix) == has_user);
    CHECK(roster.has_token(UserId{number}, hash(number)) == has_user);
    return has_user;
}

/// A site, and a roster that has read it once.
struct Read {
    ScriptedTracker driver;
    Roster roster{driver};
    ScriptedBackend site;
    std::vector<ClientRecord> kept;
    std::atomic<bool> ends{false};
    SiteFindings findings;

    explicit Read(Status (*everything)(RegistrySink&) = both) {
        site.site = everything;
        REQUIRE(again().ok());
        forget();
    }
    Status again(MassErasure erasure = MassErasure::withheld) {
        return roster.load_site(site, kept, ends, findings, erasure);
    }
    void forget() {
        findings = {};
        before_ = driver.written().size();
    }
    /// What has been written since.
    Written written() {
        Written all = driver.written();
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before_));
        return all;
    }

private:
    std::size_t before_ = 0;
};

}  // namespace

TEST_CASE("the first load of a site is written through and published") {
    ScriptedTracker driver;
    Roster roster(driver);
    ScriptedBackend site;
    site.site = both;
    const std::atomic<bool> ends{false};
    SiteFindings findings;
    REQUIRE(roster.load_site(site, {}, ends, findings, MassErasure::withheld).ok());
    CHECK(has(roster, 1));
    CHECK(has(roster, 2));
    CHECK(driver.written().size() == 8);
    CHECK(findings.users.added == 2);
    CHECK(findings.tokens.added == 2);
    CHECK(findings.clients.added == 2);
    CHECK(findings.torrents.added == 2);
}

TEST_CASE("a site that says the same again has nothing written") {
    Read read;
    REQUIRE(read.again().ok());
    CHECK(read.written().empty());
    CHECK_FALSE(read.findings.any());
    CHECK(has(read.roster, 1));
}

TEST_CASE("only what differs is written, and it is counted and named") {
    Read read;
    read.site.site = [](RegistrySink& sink) {
        const std::vector<UserRecord> users{user(1, "first"), user(2, "changed"), user(3, "third")};
        CHECK(sink.put_users(users).ok());
        TorrentRecord changed = torrent(2);
        changed.freeleech = Freeleech::free;
        CHECK(sink.put_torrents(std::vector{torrent(1), changed}).ok());
        CHECK(sink.put_clients(std::vector{client("-TR"), client("-UT")}).ok());
        return sink.put_tokens(std::vector{token(1, 1), token(2, 2)});
    };
    REQUIRE(read.again().ok());
    CHECK(read.written() == Written{"put_users:2", "put_torrents:1"});
    CHECK(read.findings.users.added == 1);
    CHECK(read.findings.users.changed == 1);
    CHECK(read.findings.users.erased == 0);
    CHECK(read.findings.users.ids == "2 3");
    CHECK(read.findings.torrents.changed == 1);
    CHECK(read.findings.torrents.ids == "0202020202020202020202020202020202020202");
    CHECK_FALSE(read.roster.user("second"));
    CHECK(read.roster.user("changed"));
    CHECK(read.roster.torrent(hash(2))->freeleech == Freeleech::free);
}

TEST_CASE("every field that an announce goes by is compared") {
    Read read;
    UserRecord anna = user(2, "second");
    TorrentRecord film = torrent(2);
    SUBCASE("flags") {
        anna.flags = UserFlags::none;
    }
    SUBCASE("multiplier of what a user uploads") {
        anna.up_multiplier = 2;
    }
    SUBCASE("multiplier of what a user downloads") {
        anna.down_multiplier = 0;
    }
    SUBCASE("passkey") {
        anna = user(2, "second2");
    }
    SUBCASE("number of the torrent") {
        film.id = TorrentId{77};
    }
    SUBCASE("multiplier of what is uploaded of a torrent") {
        film.up_multiplier = 2;
    }
    SUBCASE("multiplier of what is downloaded of a torrent") {
        film.down_multiplier = 0;
    }
    read.site.site = [&](RegistrySink& sink) {
        CHECK(sink.put_users(one(anna)).ok());
        CHECK(sink.put_torrents(one(film)).ok());
        return first(sink);
    };
    REQUIRE(read.again().ok());
    CHECK(read.findings.users.changed + read.findings.torrents.changed == 1);
}

TEST_CASE("snatches that the site has counted are taken over without a word") {
    Read read;
    read.site.site = [](RegistrySink& sink) {
        CHECK(sink.put_torrents(one(torrent(1, 5))).ok());
        return both(sink);
    };
    REQUIRE(read.again().ok());
    CHECK(read.roster.torrent(hash(1))->snatches == 5);
    CHECK_FALSE(read.findings.any());
}

TEST_CASE("what the site has no more is erased through the driver") {
    Read read;
    read.site.site = first;
    REQUIRE(read.again().ok());
    CHECK(has(read.roster, 1));
    CHECK_FALSE(has(read.roster, 2));
    CHECK(read.written() ==
          Written{"erase_tokens:1", "erase_users:1", "erase_torrents:1", "erase_clients:1"});
    CHECK(read.findings.users.erased == 1);
    CHECK(read.findings.torrents.erased == 1);
    CHECK(read.findings.clients.erased == 1);
    CHECK(read.findings.tokens.erased == 1);
}

TEST_CASE("clients of the configuration stay although the site does not know them") {
    Read read;
    read.kept.push_back(client("-UT"));
    read.site.site = first;
    REQUIRE(read.again().ok());
    CHECK(read.roster.has_client(client("-UT").prefix));
    CHECK(read.findings.clients.erased == 0);
}

TEST_CASE("a load that does not end well erases nothing") {
    Read read;
    Status end{StatusCode::unsupported, "no site"};
    SUBCASE("there is no site") {}
    SUBCASE("the site went away") {
        end = {StatusCode::unavailable, "away"};
    }
    read.site.site = [&](RegistrySink& sink) {
        CHECK(first(sink).ok());
        return end;
    };
    CHECK(read.again().code == end.code);
    CHECK(has(read.roster, 2));
    CHECK(read.written().empty());
}

TEST_CASE("a write that failed fails the load, whatever the backend driver makes of it") {
    Read read;
    read.driver.answer = {StatusCode::unavailable, "the store is away"};
    read.site.site = [](RegistrySink& sink) {
        CHECK(sink.put_users(one(user(3, "third"))).code == StatusCode::unavailable);
        return Status{};
    };
    CHECK(read.again().code == StatusCode::unavailable);
    CHECK(has(read.roster, 2));
    CHECK_FALSE(read.roster.user("third"));
    CHECK(read.findings.users.added == 0);
}

TEST_CASE("what this process changes while the site is read is newer") {
    Read read;
    read.site.site = [&](RegistrySink& sink) {
        Roster& roster = read.roster;
        CHECK(roster.put_users(one(user(1, "newer"))).ok());
        CHECK(roster.put_torrents(one(torrent(1, 77))).ok());
        CHECK(roster.erase_tokens(one(token(1, 1))).ok());
        CHECK(roster.put_users(one(user(3, "third"))).ok());
        CHECK(roster.put_clients(one(client("-ZZ"))).ok());
        CHECK(roster.erase_clients(one(client("-TR").prefix)).ok());
        return first(sink);
    };
    REQUIRE(read.again().ok());
    CHECK(read.roster.user("newer"));
    CHECK_FALSE(read.roster.user("first"));
    CHECK(read.roster.torrent(hash(1))->snatches == 77);
    CHECK_FALSE(read.roster.has_token(UserId{1}, hash(1)));
    CHECK(read.roster.user("third"));
    CHECK(read.roster.has_client(client("-ZZ").prefix));
    CHECK_FALSE(read.roster.has_client(client("-TR").prefix));
    CHECK_FALSE(read.roster.user("second"));
}

TEST_CASE("what other nodes change while the site is read is newer") {
    Read read;
    read.site.site = [&](RegistrySink& sink) {
        CHECK(read.roster.replica().put_users(one(user(3, "third"))).ok());
        CHECK(read.roster.replica().erase_users(one(UserId{1})).ok());
        return first(sink);
    };
    REQUIRE(read.again().ok());
    CHECK(read.roster.user("third"));
    CHECK_FALSE(read.roster.user("first"));
}

TEST_CASE("a load of the shared copy beside it is no change") {
    Read read;
    read.driver.shared_copy = both;
    read.site.site = [&](RegistrySink& sink) {
        CHECK(read.roster.load().ok());
        return first(sink);
    };
    REQUIRE(read.again().ok());
    CHECK_FALSE(has(read.roster, 2));
}

TEST_CASE("what is put between being missed and being erased stays") {
    Read read([](RegistrySink& sink) {
        std::vector<UserRecord> users;
        for (std::uint64_t id = 1; id <= 10; ++id) {
            users.push_back(user(id, "user" + std::to_string(id)));
        }
        return sink.put_users(users);
    });
    read.site.site = [](RegistrySink& /*sink*/) {
        return Status{};
    };
    bool has_put = false;
    read.driver.while_busy = [&] {
        if (!has_put) {  // as the first of them is being erased
            has_put = true;
            const auto sizes = read.roster.sizes();
            CHECK(sizes.users == 10);
            CHECK(read.roster.replica().put_users(one(user(11, "eleventh"))).ok());
        }
    };
    REQUIRE(read.again().ok());
    CHECK(read.roster.sizes().users == 1);
    CHECK(read.roster.user("eleventh"));
    CHECK(read.findings.users.erased == 10);
}

TEST_CASE("thousands of records in one call are taken in pieces") {
    Read read([](RegistrySink& sink) {
        std::vector<UserRecord> users;
        for (std::uint64_t id = 1; id <= 2500; ++id) {
            users.push_back(user(id, "user" + std::to_string(id)));
        }
        return sink.put_users(users);
    });
    CHECK(read.roster.sizes().users == 2500);
    const Written all = read.driver.written();
    CHECK(all == Written{"put_users:1000", "put_users:1000", "put_users:500"});
}

TEST_CASE("a load that finds most of a large site gone erases nothing, unless that is meant") {
    constexpr std::uint64_t known = 102;
    static std::uint64_t shown;
    static bool is_about_torrents;
    const auto show = [](RegistrySink& sink) {
        CHECK(sink.put_tokens(one(token(1, 1))).ok());
        CHECK(sink.put_clients(one(client("-TR"))).ok());
        for (std::uint64_t id = 1; id <= shown; ++id) {
            const auto number = static_cast<std::uint8_t>(id);
            const Status put = is_about_torrents
                                   ? sink.put_torrents(one(torrent(number)))
                                   : sink.put_users(one(user(id, "user" + std::to_string(id))));
            CHECK(put.ok());
        }
        return Status{};
    };
    shown = known;
    SUBCASE("users") {
        is_about_torrents = false;
    }
    SUBCASE("torrents") {
        is_about_torrents = true;
    }
    Read read(show);
    const auto count = [&] {
        const auto sizes = read.roster.sizes();
        return is_about_torrents ? sizes.torrents : sizes.users;
    };

    shown = known / 2 - 1;
    read.site.site = [](RegistrySink&) {
        return Status{};
    };
    REQUIRE(read.again().ok());
    CHECK(read.written().empty());
    const SiteFindings all = read.findings;
    CHECK((is_about_torrents ? all.torrents : all.users).withheld == known);
    CHECK(read.roster.has_token(UserId{1}, hash(1)));
    CHECK(read.roster.has_client(client("-TR").prefix));

    read.site.site = show;
    read.forget();
    REQUIRE(read.again().ok());
    CHECK(read.findings.any_withheld());
    CHECK(count() == known);

    read.forget();
    REQUIRE(read.again(MassErasure::meant).ok());
    CHECK_FALSE(read.findings.any_withheld());
    CHECK(count() == shown);
}

TEST_CASE("half of a large site that is gone is erased, and all of a small one") {
    static std::uint64_t shown;
    const auto show = [](RegistrySink& sink) {
        std::vector<UserRecord> users;
        for (std::uint64_t id = 1; id <= shown; ++id) {
            users.push_back(user(id, "user" + std::to_string(id)));
        }
        return sink.put_users(users);
    };
    shown = 102;
    std::uint64_t left = 51;
    SUBCASE("half") {}
    SUBCASE("a small one") {
        shown = 100;
        left = 1;
    }
    Read read(show);
    shown = left;
    REQUIRE(read.again().ok());
    CHECK_FALSE(read.findings.any_withheld());
    CHECK(read.roster.sizes().users == left);
}

TEST_CASE("what another site's database adds does not hide what it lacks") {
    static std::uint64_t from;
    const auto show = [](RegistrySink& sink) {
        std::vector<UserRecord> users;
        for (std::uint64_t id = from; id < from + 1000; ++id) {
            users.push_back(user(id, "user" + std::to_string(id)));
        }
        return sink.put_users(users);
    };
    from = 1;
    Read read(show);
    from = 5000;
    REQUIRE(read.again().ok());
    CHECK(read.findings.users.withheld == 1000);
    CHECK(read.roster.user("user1"));
}

TEST_CASE("a load that is told to end takes nothing more") {
    Read read;
    read.site.site = [&](RegistrySink& sink) {
        CHECK(first(sink).ok());
        read.ends = true;
        return sink.put_users(one(user(3, "third")));
    };
    CHECK(read.again().code == StatusCode::unavailable);
    CHECK(has(read.roster, 2));
    CHECK_FALSE(read.roster.user("third"));
}

TEST_CASE("a user without a passkey is written once") {
    Read read([](RegistrySink& sink) { return sink.put_users(one(user(9, ""))); });
    CHECK(read.roster.sizes().users == 1);
    REQUIRE(read.again().ok());
    CHECK(read.written().empty());
    CHECK(read.roster.sizes().users == 1);
}

}  // namespace chihaya::logic
TEST_SUITE_END();
