#include "core/logic/roster.hpp"

#include "core/logic/client_list.hpp"
#include "core/logic/erasures.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using chihaya::ClientRecord;
using chihaya::InfoHash;
using chihaya::Passkey;
using chihaya::PeerFlags;
using chihaya::PeerId;
using chihaya::PeerIdPrefix;
using chihaya::PeerRecord;
using chihaya::Status;
using chihaya::StatusCode;
using chihaya::TokenRecord;
using chihaya::TorrentErasure;
using chihaya::TorrentId;
using chihaya::TorrentRecord;
using chihaya::UserId;
using chihaya::UserRecord;
using chihaya::logic::client_prefix;
using chihaya::logic::Erasures;
using chihaya::logic::Roster;
using chihaya::test::ScriptedTracker;
using Written = std::vector<std::string>;

TEST_SUITE_BEGIN("roster");

namespace {

constexpr UserId anna{1};
constexpr UserId ben{2};

Passkey passkey(std::string_view text) {
    Passkey key;
    std::ranges::copy(text, key.text.begin());
    return key;
}

UserRecord user(UserId id, std::string_view key) {
    return {.id = id, .passkey = passkey(key)};
}

InfoHash hash(unsigned number) {
    InfoHash info_hash;
    for (unsigned i = 0; i < 4; ++i) {
        info_hash.bytes[i] = static_cast<std::uint8_t>(number >> (8U * i));
    }
    return info_hash;
}

TorrentRecord torrent(unsigned number) {
    return {.id = TorrentId{number}, .info_hash = hash(number)};
}

TorrentErasure erasure(unsigned number, std::string_view why) {
    TorrentErasure torrent{.info_hash = hash(number)};
    std::ranges::copy(why, torrent.reason.begin());
    return torrent;
}

std::string reason_of(const TorrentErasure& erasure) {
    return {erasure.reason.data()};
}

PeerId peer_id(std::string_view text) {
    PeerId id;
    std::ranges::copy(text, id.bytes.begin());
    return id;
}

ClientRecord client(std::string_view text) {
    return {.prefix = client_prefix(text).value()};
}

template <class T>
std::span<const T> one(const T& value) {
    return {&value, 1};
}

}  // namespace

TEST_CASE("a user is found by its passkey and by no other") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_users(one(user(anna, "anna-secret"))).ok());
    REQUIRE(roster.user("anna-secret"));
    CHECK(roster.user("anna-secret")->id == anna);
    CHECK_FALSE(roster.user("anna-secre"));
    CHECK_FALSE(roster.user("anna-secrets"));
    CHECK_FALSE(roster.user(""));
    CHECK_FALSE(roster.user(std::string("anna-secret\0", 12)));
    CHECK_FALSE(roster.user(std::string(33, 'a')));
    CHECK(driver.written() == Written{"put_users:1"});
}

TEST_CASE("a passkey may use all of its 32 bytes") {
    ScriptedTracker driver;
    Roster roster(driver);
    const std::string longest(32, 'k');
    REQUIRE(roster.put_users(one(user(anna, longest))).ok());
    CHECK(roster.user(longest));
}

TEST_CASE("a put with a new passkey withdraws the old one") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_users(one(user(anna, "old"))).ok());
    REQUIRE(roster.put_users(one(user(anna, "new"))).ok());
    CHECK_FALSE(roster.user("old"));
    CHECK(roster.user("new"));
    CHECK(roster.sizes().users == 1);
}

TEST_CASE("a put without passkey withdraws the old one") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_users(one(user(anna, "old"))).ok());
    REQUIRE(roster.put_users(one(user(anna, ""))).ok());
    CHECK_FALSE(roster.user("old"));
    CHECK_FALSE(roster.user(""));
}

TEST_CASE("a passkey handed on belongs to its new user, whatever becomes of the old one") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_users(one(user(anna, "shared"))).ok());
    REQUIRE(roster.put_users(one(user(ben, "shared"))).ok());
    REQUIRE(roster.erase_users(one(anna)).ok());
    REQUIRE(roster.user("shared"));
    CHECK(roster.user("shared")->id == ben);
    REQUIRE(roster.erase_users(one(ben)).ok());
    CHECK_FALSE(roster.user("shared"));
    CHECK(roster.sizes().users == 0);
}

TEST_CASE("erasing what is not there is fine") {
    ScriptedTracker driver;
    Roster roster(driver);
    CHECK(roster.erase_users(one(anna)).ok());
    CHECK(roster.erase_torrents(one(erasure(1, ""))).ok());
    CHECK(roster.erase_clients(one(client("-TR").prefix)).ok());
    CHECK(roster.erase_tokens(one(TokenRecord{.user = anna})).ok());
}

TEST_CASE("what the driver refuses is not published") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_users(one(user(anna, "old"))).ok());
    REQUIRE(roster.put_torrents(one(torrent(1))).ok());
    REQUIRE(roster.put_clients(one(client("-TR"))).ok());
    const TokenRecord token{.user = anna, .info_hash = hash(1)};
    REQUIRE(roster.put_tokens(one(token)).ok());

    driver.answer = {StatusCode::unavailable, "away"};
    CHECK(roster.put_users(one(user(anna, "new"))).code == StatusCode::unavailable);
    CHECK(roster.put_torrents(one(torrent(2))).code == StatusCode::unavailable);
    CHECK(roster.put_clients(one(client("-UT"))).code == StatusCode::unavailable);
    CHECK(roster.put_tokens(one(TokenRecord{.user = ben})).code == StatusCode::unavailable);
    CHECK(roster.erase_users(one(anna)).code == StatusCode::unavailable);
    CHECK(roster.erase_torrents(one(erasure(1, "no"))).code == StatusCode::unavailable);
    CHECK(roster.erase_clients(one(client("-TR").prefix)).code == StatusCode::unavailable);
    CHECK(roster.erase_tokens(one(token)).code == StatusCode::unavailable);

    CHECK(roster.user("old"));
    CHECK_FALSE(roster.user("new"));
    CHECK(roster.torrent(hash(1)));
    CHECK_FALSE(roster.torrent(hash(2)));
    CHECK(roster.has_client(client("-TR").prefix));
    CHECK_FALSE(roster.has_client(client("-UT").prefix));
    CHECK(roster.has_token(anna, hash(1)));
    CHECK(reason_of(roster.erasure(hash(1))).empty());
}

TEST_CASE("a torrent's reason is told once it is erased, until it is put again") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_torrents(one(torrent(1))).ok());
    CHECK(roster.torrent(hash(1))->id == TorrentId{1});
    REQUIRE(roster.erase_torrents(one(erasure(1, "Dupe"))).ok());
    CHECK_FALSE(roster.torrent(hash(1)));
    CHECK(reason_of(roster.erasure(hash(1))) == "Dupe");
    CHECK(reason_of(roster.erasure(hash(2))).empty());
    REQUIRE(roster.put_torrents(one(torrent(1))).ok());
    CHECK(reason_of(roster.erasure(hash(1))).empty());
}

TEST_CASE("a token counts for its user and its torrent only") {
    ScriptedTracker driver;
    Roster roster(driver);
    TokenRecord token{.user = anna, .info_hash = hash(1)};
    token.reserved.fill(0xff);  // spare bytes are no part of the key
    REQUIRE(roster.put_tokens(one(token)).ok());
    CHECK(roster.has_token(anna, hash(1)));
    CHECK_FALSE(roster.has_token(ben, hash(1)));
    CHECK_FALSE(roster.has_token(anna, hash(2)));
    REQUIRE(roster.erase_tokens(one(TokenRecord{.user = anna, .info_hash = hash(1)})).ok());
    CHECK_FALSE(roster.has_token(anna, hash(1)));
}

TEST_CASE("a peer id is approved by any prefix of it, and with a v1 name without its dash") {
    ScriptedTracker driver;
    Roster roster(driver);
    const std::vector<ClientRecord> clients{client("-TR29"), client("UT3450"), client("M7"),
                                            client("ML2.7."), client("-AB-1234567890123456")};
    REQUIRE(roster.put_clients(clients).ok());
    CHECK(roster.sizes().clients == 5);
    CHECK(roster.approves(peer_id("-TR2940-abcdefghijkl")));
    CHECK(roster.approves(peer_id("-UT3450-abcdefghijkl")));
    CHECK(roster.approves(peer_id("UT3450-abcdefghijklm")));
    CHECK(roster.approves(peer_id("M7-2-0--abcdefghijkl")));
    CHECK(roster.approves(peer_id("-ML2.7.2-abcdefghijk")));
    CHECK_FALSE(roster.approves(peer_id("-TR1940-abcdefghijkl")));
    CHECK_FALSE(roster.approves(peer_id("TR2940--abcdefghijkl")));
    CHECK_FALSE(roster.approves(peer_id("-UT3451-abcdefghijkl")));
    CHECK_FALSE(roster.approves(peer_id("xUT3450-abcdefghijkl")));
    CHECK_FALSE(roster.approves(peer_id("--TR2940-abcdefghijk")));
    CHECK_FALSE(roster.approves(PeerId{}));
    REQUIRE(roster.erase_clients(one(client("M7").prefix)).ok());
    CHECK_FALSE(roster.approves(peer_id("M7-2-0--abcdefghijkl")));
}

TEST_CASE("a long entry is never matched behind a dash") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_clients(one(client("UT34500"))).ok());
    CHECK(roster.approves(peer_id("UT34500-abcdefghijkl")));
    CHECK_FALSE(roster.approves(peer_id("-UT34500-abcdefghijk")));
}

TEST_CASE("a client prefix has 1 to 20 bytes, and an empty one approves nobody") {
    CHECK_FALSE(client_prefix(""));
    CHECK(client_prefix(std::string(20, 'x')));
    CHECK_FALSE(client_prefix(std::string(21, 'x')));
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_clients(one(ClientRecord{})).ok());
    CHECK(roster.sizes().clients == 0);
    CHECK_FALSE(roster.approves(peer_id("-TR2940-abcdefghijkl")));
    CHECK_FALSE(roster.has_client(PeerIdPrefix{.size = 255}));
}

TEST_CASE("a client put twice is one client") {
    ScriptedTracker driver;
    Roster roster(driver);
    REQUIRE(roster.put_clients(one(client("-TR"))).ok());
    REQUIRE(roster.put_clients(one(client("-TR"))).ok());
    CHECK(roster.sizes().clients == 1);
}

TEST_CASE("the replica publishes without writing through") {
    ScriptedTracker driver;
    driver.answer = {StatusCode::unavailable, "away"};
    Roster roster(driver);
    REQUIRE(roster.replica().put_users(one(user(anna, "key"))).ok());
    REQUIRE(roster.replica().put_torrents(one(torrent(1))).ok());
    CHECK(roster.user("key"));
    CHECK(roster.torrent(hash(1)));
    CHECK(roster.replica().remember_peers(hash(1), {}).ok());
    CHECK(driver.written().empty());
}

TEST_CASE("a driver may pass a change on while it is being written") {
    ScriptedTracker driver;
    Roster roster(driver);
    const TorrentRecord other = torrent(2);
    driver.while_busy = [&] {
        CHECK(roster.replica().put_torrents(one(other)).ok());
    };
    REQUIRE(roster.put_torrents(one(torrent(1))).ok());
    CHECK(roster.sizes().torrents == 2);
}

TEST_CASE("a change that is passed on meanwhile is not undone by an older write of this process") {
    ScriptedTracker driver;
    Roster roster(driver);
    std::thread feed;
    driver.while_busy = [&] {  // committed; then another node's change is, and is passed on
        std::promise<void> begun;
        feed = std::thread([&] {
            begun.set_value();
            CHECK(roster.replica().put_users(one(user(anna, "theirs"))).ok());
        });
        begun.get_future().wait();
    };
    REQUIRE(roster.put_users(one(user(anna, "ours"))).ok());
    feed.join();
    CHECK(roster.user("theirs"));
    CHECK_FALSE(roster.user("ours"));
}

TEST_CASE("a thread that writes without end does not keep out what is passed on") {
    ScriptedTracker driver;
    Roster roster(driver);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        while (!stop.load()) {
            CHECK(roster.put_torrents(one(torrent(1))).ok());
        }
    });
    for (unsigned i = 2; i < 100; ++i) {
        CHECK(roster.replica().put_torrents(one(torrent(i))).ok());
    }
    stop = true;
    writer.join();
    CHECK(roster.torrent(hash(99)));
}

TEST_CASE("peers that a site remembers reach the driver as hidden ones, however many") {
    ScriptedTracker driver;
    Roster roster(driver);
    const std::vector<PeerRecord> peers(130, PeerRecord{.user = anna, .flags = PeerFlags::seeder});
    REQUIRE(roster.remember_peers(hash(1), peers).ok());
    REQUIRE(driver.added.size() == 130);
    CHECK(std::ranges::all_of(driver.added, [](const PeerRecord& peer) {
        return peer.flags == (PeerFlags::hidden | PeerFlags::seeder);
    }));
    CHECK(driver.written() == Written{"add_swarms:64", "add_swarms:64", "add_swarms:2"});
    driver.answer = {StatusCode::unavailable, "away"};
    CHECK(roster.remember_peers(hash(1), peers).code == StatusCode::unavailable);
}

TEST_CASE("a peer that a site remembers for its history only stays dormant") {
    ScriptedTracker driver;
    Roster roster(driver);
    const PeerRecord peer{.user = anna, .flags = PeerFlags::dormant};
    REQUIRE(roster.remember_peers(hash(1), {&peer, 1}).ok());
    REQUIRE(driver.added.size() == 1);
    CHECK(driver.added[0].flags == PeerFlags::dormant);
}

TEST_CASE("a lapse of the shared copy and one of the site each call their own hook") {
    ScriptedTracker driver;
    Roster roster(driver);
    int calls = 0;
    int site_calls = 0;
    roster.lapsed();
    roster.replica().lapsed();
    roster.on_lapsed([&] {
        ++calls;
        throw std::runtime_error("a hook that fails is nobody's end");
    });
    roster.on_site_lapsed([&] {
        ++site_calls;
        throw std::runtime_error("neither is this one");
    });
    roster.replica().lapsed();
    CHECK(calls == 1);
    CHECK(site_calls == 0);
    roster.lapsed();
    CHECK(calls == 1);
    CHECK(site_calls == 1);
}

TEST_CASE("reasons are forgotten after a day, and the oldest give way to new ones") {
    using std::chrono::hours;
    Erasures erasures(3);
    const Erasures::Moment start{};
    erasures.put(erasure(1, "one"), start);
    CHECK(reason_of(erasures.find(hash(1), start + hours(24))) == "one");
    CHECK(reason_of(erasures.find(hash(1), start + hours(25))).empty());

    SUBCASE("a put drops what is too old") {
        erasures.put(erasure(2, "two"), start + hours(25));
        CHECK(erasures.size() == 1);
    }
    SUBCASE("above the bound the oldest goes") {
        for (unsigned i = 2; i <= 4; ++i) {
            erasures.put(erasure(i, "later"), start);
        }
        CHECK(erasures.size() == 3);
        CHECK(reason_of(erasures.find(hash(1), start)).empty());
        CHECK(reason_of(erasures.find(hash(4), start)) == "later");
    }
    SUBCASE("a reason put again is as young as its last put") {
        erasures.put(erasure(1, "again"), start);
        erasures.put(erasure(2, "two"), start);
        erasures.put(erasure(3, "three"), start);  // drops the first line, not the reason
        CHECK(reason_of(erasures.find(hash(1), start)) == "again");
    }
    SUBCASE("no reason replaces a reason") {
        erasures.put(erasure(1, ""), start);
        CHECK(erasures.size() == 0);
    }
    SUBCASE("erasing and putting the same torrent for ever needs no more room") {
        for (int i = 0; i < 1000; ++i) {
            erasures.put(erasure(1, "one"), start);
            erasures.erase(hash(1));
        }
        erasures.put(erasure(9, "nine"), start);
        CHECK(reason_of(erasures.find(hash(9), start)) == "nine");
        CHECK(erasures.size() == 1);
    }
}

TEST_CASE("look-ups on several threads see whole records while others write") {
    ScriptedTracker driver;
    Roster roster(driver);
    constexpr unsigned rounds = 2000;
    std::atomic<bool> stop{false};
    std::atomic<unsigned> torn{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            while (!stop.load()) {
                const auto found = roster.user("anna");
                const auto known = roster.torrent(hash(7));
                const bool whole = (!found || found->up_multiplier == found->down_multiplier) &&
                                   (!known || known->up_multiplier == known->down_multiplier);
                torn += whole ? 0U : 1U;
                static_cast<void>(roster.approves(peer_id("-TR2940-abcdefghijkl")));
                static_cast<void>(roster.has_token(anna, hash(7)));
                static_cast<void>(roster.erasure(hash(7)));
            }
        });
    }
    const auto write = [&](unsigned offset) {
        for (unsigned i = 0; i < rounds; ++i) {
            UserRecord record = user(anna, "anna");
            TorrentRecord known = torrent(7);
            record.up_multiplier = record.down_multiplier = i + offset;
            known.up_multiplier = known.down_multiplier = i + offset;
            CHECK(roster.put_users(one(record)).ok());
            CHECK(roster.put_torrents(one(known)).ok());
            CHECK(roster.put_torrents(one(torrent(1000 + i + offset))).ok());
            CHECK(roster.put_clients(one(client("-TR"))).ok());
            CHECK(roster.erase_torrents(one(erasure(7, "gone"))).ok());
            CHECK(roster.erase_clients(one(client("-TR").prefix)).ok());
        }
    };
    std::thread second([&] { write(rounds); });
    write(0);
    second.join();
    stop = true;
    for (auto& reader : readers) {
        reader.join();
    }
    CHECK(torn == 0);
    CHECK(roster.sizes().torrents == 2 * rounds);
}

TEST_SUITE_END();
