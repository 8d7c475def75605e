#include "plugins/gazelle/site/loader.hpp"

#include "tests/gazelle/site_parameters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TEST_SUITE_BEGIN("what is read of a site");

namespace chihaya::gazelle::test {
namespace {

using chihaya::test::create_site;
using chihaya::test::Gazelle;
using chihaya::test::lacks_mariadb;
using chihaya::test::MariadbServer;
using chihaya::test::Sql;

/// One server for the file: to start it takes longer than all the rest.
MariadbServer& the_server() {
    static MariadbServer server;
    return server;
}

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const unsigned byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

const std::string hash_100 = "000102030405060708090a0b0c0d0e0f10111213";
const std::string hash_101 = "25263d2b2027225c00ff0102030405060708090a";
const std::string hash_102 = "6666666666666666666666666666666666666666";

/// Remembers what it is given; refuses everything after `calls_max` calls.
class Notes final : public RegistrySink {
public:
    explicit Notes(int calls_max = 1'000'000) : calls_left_(calls_max) {}

    Status put_users(std::span<const UserRecord> some) noexcept override {
        for (const UserRecord& user : some) {
            users[static_cast<std::uint64_t>(user.id)] = user;
        }
        order += 'u';
        return next();
    }
    Status put_torrents(std::span<const TorrentRecord> some) noexcept override {
        for (const TorrentRecord& torrent : some) {
            torrents[static_cast<std::uint64_t>(torrent.id)] = torrent;
        }
        return next();
    }
    Status put_clients(std::span<const ClientRecord> some) noexcept override {
        for (const ClientRecord& client : some) {
            clients.emplace_back(client.prefix.bytes.begin(),
                                 client.prefix.bytes.begin() + client.prefix.size);
        }
        return next();
    }
    Status put_tokens(std::span<const TokenRecord> some) noexcept override {
        for (const TokenRecord& token : some) {
            tokens.emplace_back(static_cast<std::uint64_t>(token.user), hex(token.info_hash.bytes));
        }
        return next();
    }
    Status erase_users(std::span<const UserId>) noexcept override { return next(); }
    Status erase_torrents(std::span<const TorrentErasure>) noexcept override { return next(); }
    Status erase_clients(std::span<const PeerIdPrefix>) noexcept override { return next(); }
    Status erase_tokens(std::span<const TokenRecord>) noexcept override { return next(); }
    Status remember_peers(const InfoHash& info_hash,
                          std::span<const PeerRecord> some) noexcept override {
        peers.emplace_back(hex(info_hash.bytes), std::vector(some.begin(), some.end()));
        order += 'p';
        return next();
    }
    void lapsed() noexcept override {}

    std::map<std::uint64_t, UserRecord> users;
    std::map<std::uint64_t, TorrentRecord> torrents;
    std::vector<std::string> clients;
    std::vector<std::pair<std::uint64_t, std::string>> tokens;
    std::vector<std::pair<std::string, std::vector<PeerRecord>>> peers;
    std::string order;

private:
    Status next() noexcept {
        return --calls_left_ < 0 ? Status{StatusCode::unavailable, "enough"} : Status{};
    }

    int calls_left_;
};

/// A new site, and a connection to it.
struct Site {
    explicit Site(Gazelle kind) : sql(make(kind)) {
        REQUIRE(connection.open().text == "");
        REQUIRE(find_dialect(connection, parameters, dialect).text == "");
    }

    static Sql make(Gazelle kind) {
        create_site(the_server(), kind);
        return Sql(the_server(), "gazelle");
    }
    Loaded load(Notes& notes, const std::optional<PeerWish>& wish = std::nullopt) {
        Loaded loaded = load_site(connection, dialect, notes, wish);
        CHECK(loaded.error.text == "");
        return loaded;
    }

    Sql sql;
    Parameters parameters = parameters_of(the_server());
    Connection connection{parameters};
    Dialect dialect;
};

template <class Test>
void for_both(const Test& test) {
    if (lacks_mariadb()) {
        return;
    }
    for (const Gazelle kind : {Gazelle::whatcd, Gazelle::opsnet}) {
        CAPTURE(kind == Gazelle::whatcd);
        Site site(kind);
        test(site, kind == Gazelle::opsnet);
    }
}

constexpr const char* add_peers =
    "INSERT INTO xbt_files_users (uid, fid, peer_id, active, announced, uploaded, downloaded,"
    " remaining, corrupt, timespent, mtime) VALUES"
    " (10, 100, '-TR3000-AAAAAAAAAAAA', 1, 3, 30, 70, 1000, 2, 100, 1700000100),"
    " (15, 100, '-TR3000-BBBBBBBBBBBB', 1, 1, 5, 0, 0, 0, 0, 1700000100),"
    " (10, 101, '-TR3000-AAAAAAAAAAAA', 1, 1, 0, 0, 1, 0, 0, 1700000001),"
    " (10, 102, '-TR3000-AAAAAAAAAAAA', 0, 1, 0, 0, 1, 0, 0, 1700000100),"
    " (11, 102, '-TR3000-AAAAAAAAAAAA', 1, 1, 0, 0, 1, 0, 0, 1700000000),"
    " (12, 999, '-TR3000-AAAAAAAAAAAA', 1, 1, 0, 0, 1, 0, 0, 1700000100),"
    " (14, 100, '-TR3000-AAAAAAAAAAAA', 1, 1, -1, 0, 1, 0, 0, 1700000100),"
    " (0, 0, '-CHIHAYA-AAAAAAAAAAA', 0, 0, 77, 0, 1, 0, 0, 2147483647)";

}  // namespace

TEST_CASE("enabled users, torrents with a hash, live tokens and clients are read") {
    for_both([](Site& site, bool is_opsnet) {
        Notes notes;
        const Loaded loaded = site.load(notes);
        CHECK(loaded.ok());
        CHECK(loaded.users == 6);
        CHECK(loaded.unsound_rows == (is_opsnet ? 0 : 1));  // the torrent without a hash
        REQUIRE(notes.users.size() == 6);
        CHECK_FALSE(notes.users.contains(13));
        CHECK(notes.users[10].passkey.view() == std::string(32, 'A'));
        CHECK(notes.users[16].passkey.view() == std::string(32, 'a'));
        CHECK(notes.users[10].flags == UserFlags::can_leech);
        CHECK(notes.users[11].flags == UserFlags::none);
        CHECK(notes.users[12].flags == (UserFlags::can_leech | UserFlags::hidden));
        CHECK(notes.users[14].flags == (UserFlags::can_leech | UserFlags::hidden));
        REQUIRE(notes.torrents.size() == 3);
        CHECK(hex(notes.torrents[100].info_hash.bytes) == hash_100);
        CHECK(hex(notes.torrents[101].info_hash.bytes) == hash_101);
        CHECK(notes.torrents[100].snatches == 5);
        CHECK(notes.torrents[100].freeleech == Freeleech::none);
        CHECK(notes.torrents[101].freeleech == Freeleech::free);
        CHECK(notes.torrents[102].freeleech == Freeleech::neutral);
        CHECK(notes.tokens == std::vector<std::pair<std::uint64_t, std::string>>{{15, hash_100}});
        std::ranges::sort(notes.clients);
        CHECK(notes.clients == std::vector<std::string>{"-TR30", "-qB4"});
        CHECK(notes.peers.empty());
    });
}

TEST_CASE("rows that make no sense are passed over") {
    for_both([](Site& site, bool is_opsnet) {
        site.sql.run(
            "SET sql_mode = '';"
            "INSERT INTO xbt_client_whitelist (peer_id) VALUES (NULL), ('');"
            "UPDATE users_main SET torrent_pass = '' WHERE ID = 15;"
            "UPDATE users_freeleeches SET UserID = -1 WHERE Expired = 0");
        if (is_opsnet) {
            site.sql.run(
                "UPDATE users_main SET Visible = 'no' WHERE ID = 16;"
                "UPDATE torrents SET info_hash = NULL WHERE ID = 101;"
                "DELETE FROM torrents_leech_stats WHERE TorrentID = 102");
        } else {
            site.sql.run("UPDATE torrents SET info_hash = 'short' WHERE ID = 101");
        }
        Notes notes;
        CHECK(site.load(notes).ok());
        CHECK(notes.clients.size() == 2);
        CHECK_FALSE(notes.users.contains(15));
        CHECK(notes.tokens.empty());
        CHECK_FALSE(notes.torrents.contains(101));
        CHECK(notes.torrents.contains(102));  // also without a row of counts
        CHECK(has(notes.users[16].flags, UserFlags::hidden) == is_opsnet);
    });
}

TEST_CASE("peers that were there lately are remembered, before anybody is let in") {
    for_both([](Site& site, bool) {
        site.sql.run(add_peers);
        Notes notes;
        const std::chrono::sys_seconds since{std::chrono::seconds(1'700'000'000)};
        const Loaded loaded = site.load(notes, PeerWish{since});
        CHECK(loaded.peers == 3);
        CHECK(notes.order == "ppu");
        REQUIRE(notes.peers.size() == 2);
        CHECK(notes.peers[0].first == hash_100);
        CHECK(notes.peers[1].first == hash_101);
        auto& peers = notes.peers[0].second;
        REQUIRE(peers.size() == 2);
        std::ranges::sort(peers, {}, &PeerRecord::user);
        const PeerRecord& leecher = peers[0];
        CHECK(leecher.user == UserId{10});
        CHECK(std::string(leecher.peer_id.bytes.begin(), leecher.peer_id.bytes.end()) ==
              "-TR3000-AAAAAAAAAAAA");
        CHECK(leecher.uploaded == 30);
        CHECK(leecher.downloaded == 70);
        CHECK(leecher.left == 1'000);
        CHECK(leecher.corrupt == 2);
        CHECK(leecher.announces == 3);
        CHECK(leecher.last_announce == since + std::chrono::seconds(100));
        CHECK(leecher.first_announce == since);
        CHECK(leecher.flags == PeerFlags::none);
        CHECK_FALSE(leecher.ipv4.present());
        CHECK(peers[1].flags == PeerFlags::seeder);
    });
}

TEST_CASE("each load sees the site as it is by then, many rows come in several spans") {
    for_both([](Site& site, bool) {
        Notes before;
        site.load(before);
        site.sql.run(
            "INSERT INTO users_main (ID, Username, Email, PermissionID, Enabled,"
            " torrent_pass) SELECT 1000 + seq, CONCAT('u', seq), '', 1, '1', MD5(seq)"
            " FROM seq_1_to_10000");
        Notes after;
        CHECK(site.load(after).users == 10'006);
        CHECK(after.users.size() == 10'006);
        CHECK(after.order == "uuu");
    });
}

TEST_CASE("a sink that takes no more ends the load") {
    for_both([](Site& site, bool) {
        for (const int calls : {0, 1, 2, 3}) {
            Notes notes(calls);
            const Loaded loaded = site.load(notes);
            CHECK(loaded.status.code == StatusCode::unavailable);
            CHECK(notes.users.size() == (calls < 3 ? 0 : 6));
            CHECK(site.connection.open().ok());
        }
    });
}

TEST_CASE("a lost right is an error, and the connection stands") {
    for_both([](Site& site, bool) {
        site.sql.run("REVOKE SELECT ON xbt_client_whitelist FROM tracker@'%'");
        Notes notes;
        const Loaded loaded = load_site(site.connection, site.dialect, notes, std::nullopt);
        CHECK(loaded.error.remedy == Remedy::ask_operator);
        CHECK(site.connection.is_open());
        CHECK(notes.users.empty());
    });
}

TEST_CASE("#6 peers are forgotten when that is wanted, but for the tracker's own rows") {
    for_both([](Site& site, bool is_opsnet) {
        const std::string totals = is_opsnet ? "torrents_leech_stats" : "torrents";
        site.sql.run(add_peers);
        site.sql.run("UPDATE " + totals + " SET Seeders = 2, Leechers = 3");
        CHECK(clear_peers(site.connection, site.dialect).remedy == Remedy::ask_operator);
        CHECK(site.sql.value("SELECT COUNT(*) FROM xbt_files_users") == "8");
        site.sql.run("GRANT DELETE ON xbt_files_users TO tracker@'%'");
        CHECK(clear_peers(site.connection, site.dialect).text == "");
        CHECK(site.sql.rows("SELECT uid, uploaded FROM xbt_files_users") ==
              std::vector<Sql::Row>{{"0", "77"}});
        CHECK(site.sql.value("SELECT SUM(Seeders + Leechers) FROM " + totals) == "0");
    });
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
