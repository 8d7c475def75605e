#include "tests/gazelle_program/site.hpp"

#include <array>
#include <memory>
#include <stdexcept>

namespace chihaya::test {
namespace {

constexpr std::string_view special_hash =
    "\x25\x26\x3d\x2b\x20\x27\x22\x5c\x00\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"sv;

/// "gazelle_1", …: no two sites of a process share a database, nor what a server remembers of one.
std::string new_schema() {
    static int made = 0;
    return "gazelle_" + std::to_string(++made);
}

std::string make(const MariadbServer& server, Gazelle dialect) {
    std::string schema = new_schema();
    create_site(server, dialect, schema);
    return schema;
}

std::int64_t integer(const std::string& text) {
    return std::stoll(text);
}

std::string key(std::uint32_t user, std::uint32_t torrent) {
    return "uid = " + std::to_string(user) + " AND fid = " + std::to_string(torrent);
}

}  // namespace

MariadbServer& shared_mariadb() {
    static MariadbServer server;
    return server;
}

const RedisServer* shared_redis() {
    static const std::unique_ptr<RedisServer> server =
        find_program("redis-server").empty() ? nullptr : std::make_unique<RedisServer>();
    if (server != nullptr) {
        server->command({"FLUSHALL"});
    }
    return server.get();
}

std::string passkey_of(std::uint32_t user) {
    constexpr std::uint32_t first = 10;
    constexpr std::string_view letters = "ABCDEFa";
    if (user >= first && user - first < letters.size()) {
        return std::string(32, letters[user - first]);
    }
    const std::string digits = std::to_string(user);
    return std::string(32 - digits.size(), 'u') + digits;
}

std::string hash_of(std::uint32_t torrent) {
    switch (torrent) {
        case 100:
            return std::string(hash_c);
        case 101:
            return std::string(special_hash);
        case 102:
            return std::string(20, 'f');
        default:
            return numbered_hash(torrent);
    }
}

Site::Site(Gazelle dialect, const MariadbServer& server, const RedisServer* redis)
    : dialect_(dialect),
      server_(server),
      redis_(redis),
      schema_(make(server, dialect)),
      sql_(std::in_place, server, schema_),
      before_(totals("TRUE")) {}

std::string Site::users_table() const {
    return is_opsnet() ? "users_leech_stats" : "users_main";
}

std::string Site::users_key() const {
    return is_opsnet() ? "UserID" : "ID";
}

std::string Site::torrents_table() const {
    return is_opsnet() ? "torrents_leech_stats" : "torrents";
}

std::string Site::torrents_key() const {
    return is_opsnet() ? "TorrentID" : "ID";
}

void Site::add_users(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t user = first; user < first + count; ++user) {
        const std::string id = std::to_string(user);
        sql().run(
            "INSERT INTO users_main (ID, Username, Email, PermissionID, Enabled, torrent_pass) "
            "VALUES (" +
            id + ", 'u" + id + "', '', 1, '1', '" + passkey_of(user) + "')");
        if (is_opsnet()) {
            sql().run("INSERT INTO users_leech_stats (UserID) VALUES (" + id + ')');
        }
    }
}

void Site::add_torrents(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t torrent = first; torrent < first + count; ++torrent) {
        const std::string id = std::to_string(torrent);
        sql().run(std::string("INSERT INTO torrents (ID, GroupID, Size, info_hash") +
                  (is_opsnet() ? ", UserID" : "") + ") VALUES (" + id + ", 1, 1000, X'" +
                  hex(hash_of(torrent)) + '\'' + (is_opsnet() ? ", 10)" : ")"));
        if (is_opsnet()) {
            sql().run("INSERT INTO torrents_leech_stats (TorrentID) VALUES (" + id + ')');
        }
    }
}

std::map<std::uint32_t, Credit> Site::totals(const std::string& condition) {
    std::map<std::uint32_t, Credit> all;
    for (const auto& row : sql().rows("SELECT " + users_key() + ", Uploaded, Downloaded FROM " +
                                      users_table() + " WHERE " + condition)) {
        all[static_cast<std::uint32_t>(integer(row[0]))] = {integer(row[1]), integer(row[2])};
    }
    return all;
}

Credit Site::credit(std::uint32_t user) {
    const Credit now = totals(users_key() + " = " + std::to_string(user)).at(user);
    const Credit then = before_[user];
    return {now.uploaded - then.uploaded, now.downloaded - then.downloaded};
}

TorrentRow Site::torrent(std::uint32_t torrent) {
    const auto rows = sql().rows(
        "SELECT Seeders, Leechers, Snatched, balance,"
        " IFNULL(UNIX_TIMESTAMP(NULLIF(last_action, '0000-00-00 00:00:00')), 0) FROM " +
        torrents_table() + " WHERE " + torrents_key() + " = " + std::to_string(torrent));
    const auto& row = rows.at(0);
    return {.crowd = {integer(row[0]), integer(row[1])},
            .snatched = integer(row[2]),
            .balance = integer(row[3]),
            .last_action = integer(row[4])};
}

std::optional<PeerRow> Site::peer(std::uint32_t user, std::uint32_t torrent,
                                  std::string_view peer_id) {
    const auto rows = sql().rows(
        "SELECT active, announced, uploaded, downloaded, remaining, corrupt, upspeed, downspeed,"
        " timespent, mtime, useragent, ip FROM xbt_files_users WHERE " +
        key(user, torrent) + " AND peer_id = X'" + hex(peer_id) + '\'');
    if (rows.empty()) {
        return std::nullopt;
    }
    const auto& row = rows.front();
    return PeerRow{.active = row[0] == "1",
                   .announced = integer(row[1]),
                   .uploaded = integer(row[2]),
                   .downloaded = integer(row[3]),
                   .remaining = integer(row[4]),
                   .corrupt = integer(row[5]),
                   .upspeed = integer(row[6]),
                   .downspeed = integer(row[7]),
                   .timespent = integer(row[8]),
                   .mtime = integer(row[9]),
                   .user_agent = row[10],
                   .ip = row[11]};
}

std::vector<SnatchRow> Site::snatches() {
    std::vector<SnatchRow> all;
    for (const auto& row :
         sql().rows("SELECT uid, fid, tstamp, IP FROM xbt_snatched ORDER BY uid, fid, tstamp")) {
        all.push_back({.user = static_cast<std::uint32_t>(integer(row[0])),
                       .torrent = static_cast<std::uint32_t>(integer(row[1])),
                       .at = integer(row[2]),
                       .ip = row[3]});
    }
    return all;
}

std::optional<TokenRow> Site::token(std::uint32_t user, std::uint32_t torrent) {
    const auto rows =
        sql().rows("SELECT Expired, Downloaded, Uses FROM users_freeleeches WHERE UserID = " +
                   std::to_string(user) + " AND TorrentID = " + std::to_string(torrent));
    if (rows.empty()) {
        return std::nullopt;
    }
    const auto& row = rows.front();
    return TokenRow{
        .expired = row[0] == "1", .downloaded = integer(row[1]), .uses = integer(row[2])};
}

std::int64_t Site::peer_rows() {
    return number("SELECT COUNT(*) FROM xbt_files_users WHERE uid <> 0");
}

std::int64_t Site::number(const std::string& query) {
    return integer(sql().value(query));
}

std::string Site::content() {
    std::vector<std::string> queries{
        "SELECT * FROM users_main ORDER BY ID",
        "SELECT * FROM torrents ORDER BY ID",
        "SELECT * FROM users_freeleeches ORDER BY UserID, TorrentID",
        "SELECT * FROM xbt_files_users WHERE uid <> 0 ORDER BY uid, fid, peer_id",
        "SELECT * FROM xbt_snatched ORDER BY uid, fid, tstamp",
        "SELECT * FROM xbt_client_whitelist ORDER BY id"};
    if (is_opsnet()) {
        queries.emplace_back("SELECT * FROM users_leech_stats ORDER BY UserID");
        queries.emplace_back("SELECT * FROM torrents_leech_stats ORDER BY TorrentID");
    }
    std::string all;
    for (const std::string& query : queries) {
        for (const Sql::Row& row : sql().rows(query)) {
            for (const std::string& field : row) {
                all += field + '\t';
            }
            all += '\n';
        }
    }
    return all;
}

}  // namespace chihaya::test
