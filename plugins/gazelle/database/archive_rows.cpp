#include "plugins/gazelle/database/archive_rows.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr std::size_t ipv6_text_max = 39;

/// Pointers to what is in `map`, by ascending key.
template <class Map>
auto sorted(const Map& map) {
    using Pair = typename Map::value_type;
    std::vector<const Pair*> pairs;
    pairs.reserve(map.size());
    for (const Pair& pair : map) {
        pairs.push_back(&pair);
    }
    std::ranges::sort(pairs, {}, [](const Pair* pair) { return pair->first; });
    return pairs;
}

std::uint64_t seconds_of(std::int64_t milliseconds) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 0) / 1'000);
}

/// The address as a column of `width` characters holds it; empty where it does not.
template <class Row>
std::string address_of(const Row& row, std::size_t width) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (row.is_hidden) {
        return {};
    }
    if (row.ipv4 != decltype(row.ipv4){}) {
        ::inet_ntop(AF_INET, row.ipv4.data(), text.data(), text.size());
    } else if (row.ipv6 != decltype(row.ipv6){} && width >= ipv6_text_max) {
        ::inet_ntop(AF_INET6, row.ipv6.data(), text.data(), text.size());
    }
    return text.data();
}

/// An assignment that adds to a column and stops where a BIGINT ends: whoever claims more than that
/// has no row refused, his own or a torrent's that others need. DECIMAL has room for the sum.
std::string add(const std::string& column, const std::string& value) {
    const std::string sum = "CAST(" + column + " AS DECIMAL(20)) + " + value;
    return column + " = GREATEST(-9223372036854775807, LEAST(9223372036854775807, " + sum + "))";
}

constexpr std::string_view between_selects = " UNION ALL SELECT ";

}  // namespace

DatabaseError ArchiveRows::write_users(const Ledger& ledger, const Say& lacks_insert) {
    const std::string rows =
        "(SELECT 0 AS k, 0 AS u, 0 AS d FROM DUAL WHERE FALSE UNION ALL SELECT ";
    const Shape shape{.head = "UPDATE " + rows,
                      .between = between_selects,
                      .tail = ") AS s STRAIGHT_JOIN " + dialect_.user_totals + " AS t ON t." +
                              dialect_.user_key + " = s.k SET " + add("t.Uploaded", "s.u") + ", " +
                              add("t.Downloaded", "s.d")};
    const Shape missing{.head =
                            "INSERT INTO users_leech_stats (UserID, Uploaded, Downloaded)"
                            " SELECT s.k, s.u, s.d FROM " +
                            rows,
                        .between = between_selects,
                        .tail =
                            ") AS s STRAIGHT_JOIN users_main AS m ON m.ID = s.k"
                            " LEFT JOIN users_leech_stats AS t ON t.UserID = s.k"
                            " WHERE t.UserID IS NULL"};
    const auto users = sorted(ledger.users);
    Batch batch{
        .table = dialect_.user_totals.c_str(),
        .shape = shape,
        .count = users.size(),
        .write_row = [&](SqlText& sql, std::size_t i) {
            const auto& [user, sums] = *users[i];
            sql.number(user).raw(",").number(sums.uploaded).raw(",").number(sums.downloaded);
        }};
    if (dialect_.name == DialectName::opsnet) {
        batch.after = [&](std::size_t begin, std::size_t end) {
            if (connection_.matched_rows() == end - begin) {
                return DatabaseError{};
            }
            DatabaseError error = writer_.write_again(batch, missing, begin, end);
            if (error.remedy == Remedy::ask_operator || error.remedy == Remedy::drop_row) {
                lacks_insert(error);
                return DatabaseError{};
            }
            return error;
        };
    }
    return writer_.write(batch);
}

DatabaseError ArchiveRows::write_torrents(const Ledger& ledger) {
    auto torrents = sorted(ledger.torrents);
    const auto seeded =
        std::stable_partition(torrents.begin(), torrents.end(),
                              [](const auto* torrent) { return torrent->second.seeders == 0; });
    const auto unseeded = static_cast<std::size_t>(seeded - torrents.begin());
    // A date that is not to change must not be named: it may be one that the server takes no more.
    for (const bool are_seeded : {false, true}) {
        const std::size_t first = are_seeded ? unseeded : 0;
        const Shape shape{
            .head =
                "UPDATE (SELECT 0 AS k, 0 AS s, 0 AS l, 0 AS n, 0 AS b FROM DUAL WHERE FALSE"
                " UNION ALL SELECT ",
            .between = between_selects,
            .tail =
                ") AS s STRAIGHT_JOIN " + dialect_.torrent_totals + " AS t ON t." +
                dialect_.torrent_key +
                " = s.k SET t.Seeders = s.s, t.Leechers = s.l, t.Snatched = t.Snatched + s.n, " +
                add("t.balance", "s.b") + (are_seeded ? ", t.last_action = NOW()" : "")};
        const auto write_row = [&](SqlText& sql, std::size_t i) {
            const auto& [torrent, sums] = *torrents[first + i];
            sql.number(torrent).raw(",").number(sums.seeders, int_max);
            sql.raw(",").number(sums.leechers, int_max).raw(",").number(sums.snatches, int_max);
            sql.raw(",").signed_number(sums.balance);
        };
        DatabaseError error =
            writer_.write({.table = dialect_.torrent_totals.c_str(),
                           .shape = shape,
                           .count = are_seeded ? torrents.size() - unseeded : unseeded,
                           .write_row = write_row});
        if (!error.ok()) {
            return error;
        }
    }
    return {};
}

DatabaseError ArchiveRows::write_tokens(const Ledger& ledger) {
    // Expired: the site's own row, which may come later, makes it a live one.
    const Shape shape{
        .head =
            "INSERT INTO users_freeleeches"
            " (UserID, TorrentID, Downloaded, Time, Expired) VALUES (",
        .tail = ") ON DUPLICATE KEY UPDATE " + add("Downloaded", "VALUES(Downloaded)")};
    const auto tokens = sorted(ledger.tokens);
    const auto write_row = [&](SqlText& sql, std::size_t i) {
        const auto& [token, downloaded] = *tokens[i];
        sql.number(token.user).raw(",").number(token.torrent).raw(",").number(downloaded);
        sql.raw(",NOW(),1");
    };
    return writer_.write({.table = "users_freeleeches",
                          .shape = shape,
                          .count = tokens.size(),
                          .write_row = write_row});
}

DatabaseError ArchiveRows::write_peers(const Ledger& ledger) {
    // The order of the primary key, which is another one at each site.
    const bool is_opsnet = dialect_.name == DialectName::opsnet;
    const auto comes_before = [is_opsnet](const auto& left, const auto& right) {
        const PeerKey& a = *left.first;
        const PeerKey& b = *right.first;
        return is_opsnet
                   ? std::tie(a.torrent, a.user, a.peer_id) < std::tie(b.torrent, b.user, b.peer_id)
                   : a < b;
    };
    std::array<Peers, 2> peers;
    for (const auto& [key, peer] : ledger.peers) {
        peers[peer.is_hidden ? 1 : 0].emplace_back(&key, &peer);
    }
    for (const bool are_hidden : {false, true}) {
        Peers& some = peers[are_hidden ? 1 : 0];
        std::ranges::sort(some, comes_before);
        if (DatabaseError error = write_peers(some, are_hidden); !error.ok()) {
            return error;
        }
    }
    return {};
}

DatabaseError ArchiveRows::write_peers(const Peers& peers, bool are_hidden) {
    const Shape shape{
        .head =
            "INSERT INTO xbt_files_users (uid, fid, peer_id, active, announced, uploaded,"
            " downloaded, remaining, corrupt, upspeed, downspeed, timespent, mtime, useragent,"
            " ip) VALUES (",
        .tail =
            std::string(
                ") ON DUPLICATE KEY UPDATE active = VALUES(active), announced = VALUES(announced),"
                " uploaded = VALUES(uploaded), downloaded = VALUES(downloaded),"
                " remaining = VALUES(remaining), corrupt = VALUES(corrupt),"
                " upspeed = VALUES(upspeed), downspeed = VALUES(downspeed),"
                " timespent = VALUES(timespent), mtime = VALUES(mtime),"
                " useragent = IF(VALUES(useragent) = '', useragent, VALUES(useragent)), ip = ") +
            (are_hidden ? "''" : "IF(VALUES(ip) = '', ip, VALUES(ip))")};
    return writer_.write({.table = "xbt_files_users",
                          .shape = shape,
                          .count = peers.size(),
                          .write_row = [&](SqlText& sql, std::size_t i) {
                              write_peer(sql, *peers[i].first, *peers[i].second);
                          }});
}

void ArchiveRows::write_peer(SqlText& sql, const PeerKey& key, const PeerRow& peer) const {
    sql.number(key.user).raw(",").number(key.torrent).raw(",").bytes(key.peer_id);
    sql.raw(peer.is_active ? ",1," : ",0,").number(peer.announces, int_max);
    for (const std::uint64_t bytes : {peer.uploaded, peer.downloaded, peer.left, peer.corrupt}) {
        sql.raw(",").number(bytes);
    }
    sql.raw(",").number(peer.up_speed, dialect_.speed_max);
    sql.raw(",").number(peer.down_speed, dialect_.speed_max);
    sql.raw(",").number(peer.stay, dialect_.timespent_max);
    sql.raw(",").number(seconds_of(peer.at), int_max);
    sql.raw(",").text(peer.agent(), dialect_.user_agent_max);
    sql.raw(",").text(address_of(peer, dialect_.peer_ip_max), dialect_.peer_ip_max);
}

DatabaseError ArchiveRows::write_snatches(const Ledger& ledger) {
    const Shape shape{.head = "INSERT INTO xbt_snatched (uid, fid, tstamp, IP) VALUES (",
                      .tail = ")"};
    const auto write_row = [&](SqlText& sql, std::size_t i) {
        const Snatch& snatch = ledger.snatches[i];
        sql.number(snatch.user).raw(",").number(snatch.torrent);
        sql.raw(",").number(seconds_of(snatch.at), int_max).raw(",");
        sql.text(address_of(snatch, dialect_.snatch_ip_max), dialect_.snatch_ip_max);
    };
    return writer_.write({.table = "xbt_snatched",
                          .shape = shape,
                          .count = ledger.snatches.size(),
                          .write_row = write_row});
}

SqlText marker_statement(const Marker& marker) {
    SqlText sql;
    sql.raw(
           "INSERT INTO xbt_files_users (uid, fid, peer_id, active, remaining, mtime, uploaded)"
           " VALUES (0, 0, ")
        .bytes(marker.spool)
        .raw(", 0, 1, ")
        .number(int_max)
        .raw(", ")
        .number(marker.position)
        .raw(") ON DUPLICATE KEY UPDATE uploaded = VALUES(uploaded)");
    return sql;
}

SqlText marker_query(const SpoolId& spool) {
    SqlText sql;
    sql.raw("SELECT uploaded FROM xbt_files_users WHERE uid = 0 AND fid = 0 AND peer_id = ")
        .bytes(spool);
    return sql;
}

}  // namespace chihaya::gazelle
