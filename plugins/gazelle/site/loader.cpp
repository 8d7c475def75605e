#include "plugins/gazelle/site/loader.hpp"

#include "plugins/gazelle/limits.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

namespace chihaya::gazelle {
namespace {

using Row = std::span<const Field>;

/// A whole number that is not negative; nothing for anything else.
template <class Number>
bool take_number(const Field& field, Number& number) noexcept {
    const char* const end = field.text.data() + field.text.size();
    const auto parsed = std::from_chars(field.text.data(), end, number);
    return !field.is_null && parsed.ec == std::errc() && parsed.ptr == end;
}

template <class Bytes>
bool take_bytes(const Field& field, Bytes& bytes) noexcept {
    if (field.is_null || field.text.size() != bytes.size()) {
        return false;
    }
    std::ranges::copy(field.text, bytes.begin());
    return true;
}

template <class Id>
bool take_id(const Field& field, Id& id) noexcept {
    std::uint64_t number = 0;
    const bool is_one = take_number(field, number) && number != 0;
    id = Id{number};
    return is_one;
}

/// ID, torrent_pass, can_leech, is_hidden
bool read(Row row, UserRecord& user) noexcept {
    const std::string_view passkey = row[1].text;
    if (!take_id(row[0], user.id) || passkey.empty() || passkey.size() > user.passkey.text.size()) {
        return false;
    }
    std::ranges::copy(passkey, user.passkey.text.begin());
    user.flags = row[2].text == "0" ? UserFlags::none : UserFlags::can_leech;
    user.flags = user.flags | (row[3].text == "1" ? UserFlags::hidden : UserFlags::none);
    return true;
}

/// ID, info_hash, FreeTorrent, Snatched
bool read(Row row, TorrentRecord& torrent) noexcept {
    std::uint64_t snatches = 0;
    if (!take_id(row[0], torrent.id) || !take_bytes(row[1], torrent.info_hash.bytes) ||
        !take_number(row[3], snatches)) {
        return false;
    }
    torrent.freeleech = row[2].text == "1"   ? Freeleech::free
                        : row[2].text == "2" ? Freeleech::neutral
                                             : Freeleech::none;
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    torrent.snatches = static_cast<std::uint32_t>(std::min(snatches, most));
    return true;
}

/// UserID, info_hash
bool read(Row row, TokenRecord& token) noexcept {
    return take_id(row[0], token.user) && take_bytes(row[1], token.info_hash.bytes);
}

/// peer_id
bool read(Row row, ClientRecord& client) noexcept {
    const std::string_view text = row[0].text;
    if (text.empty() || text.size() > client.prefix.bytes.size()) {
        return false;
    }
    std::ranges::copy(text, client.prefix.bytes.begin());
    client.prefix.size = static_cast<std::uint8_t>(text.size());
    return true;
}

/// uid, peer_id, uploaded, downloaded, remaining, corrupt, announced, mtime, timespent
bool read(Row row, PeerRecord& peer) noexcept {
    std::uint32_t last = 0;
    std::uint32_t stay = 0;
    if (!take_id(row[0], peer.user) || !take_bytes(row[1], peer.peer_id.bytes) ||
        !take_number(row[2], peer.uploaded) || !take_number(row[3], peer.downloaded) ||
        !take_number(row[4], peer.left) || !take_number(row[5], peer.corrupt) ||
        !take_number(row[6], peer.announces) || !take_number(row[7], last) ||
        !take_number(row[8], stay)) {
        return false;
    }
    peer.last_announce = std::chrono::sys_seconds(std::chrono::seconds(last));
    peer.first_announce = peer.last_announce - std::chrono::seconds(std::min(stay, last));
    peer.flags = peer.left == 0 ? PeerFlags::seeder : PeerFlags::none;
    return true;
}

/// Runs a query and hands its rows on, some thousands at a time.
template <class Record, class Put>
void load_all(Connection& connection, const std::string& sql, Loaded& loaded, std::uint64_t& count,
              Put put) {
    if (!loaded.ok()) {
        return;
    }
    std::vector<Record> records;
    const auto hand_over = [&] {
        if (!records.empty()) {
            loaded.status = put(std::span<const Record>(records));
            count += records.size();
            records.clear();
        }
        return loaded.status.ok();
    };
    loaded.error = connection.query(sql, [&](Row row) {
        Record record;
        if (!read(row, record)) {
            ++loaded.unsound_rows;
            return true;
        }
        records.push_back(record);
        return records.size() < limits::load_span || hand_over();
    });
    if (loaded.ok()) {
        hand_over();
    }
}

/// The peers of a torrent lie side by side; its info-hash is the tenth column.
void load_peers(Connection& connection, RegistrySink& sink, const PeerWish& wish, Loaded& loaded) {
    std::vector<PeerRecord> peers;
    InfoHash info_hash;
    const auto hand_over = [&] {
        if (!peers.empty()) {
            loaded.status = sink.remember_peers(info_hash, peers);
            loaded.peers += peers.size();
            peers.clear();
        }
        return loaded.status.ok();
    };
    const std::string sql =
        "SELECT x.uid, x.peer_id, x.uploaded, x.downloaded, x.remaining, x.corrupt, x.announced, "
        "x.mtime, x.timespent, t.info_hash FROM xbt_files_users x JOIN torrents t ON t.ID = x.fid "
        "WHERE x.active = 1 AND x.uid <> 0 AND x.mtime > " +
        std::to_string(wish.since.time_since_epoch().count()) + " ORDER BY x.fid";
    loaded.error = connection.query(sql, [&](Row row) {
        PeerRecord peer;
        InfoHash of_row;
        if (!read(row, peer) || !take_bytes(row[9], of_row.bytes)) {
            ++loaded.unsound_rows;
            return true;
        }
        const bool is_full = of_row != info_hash || peers.size() >= limits::load_span;
        const bool goes_on = !is_full || hand_over();
        info_hash = of_row;
        peers.push_back(peer);
        return goes_on;
    });
    if (loaded.ok()) {
        hand_over();
    }
}

std::string torrents_query(const Dialect& dialect) {
    return dialect.name == DialectName::opsnet
               ? "SELECT t.ID, t.info_hash, t.FreeTorrent, COALESCE(s.Snatched, 0) FROM torrents t "
                 "LEFT JOIN torrents_leech_stats s ON s.TorrentID = t.ID"
               : "SELECT ID, info_hash, FreeTorrent, Snatched FROM torrents";
}

}  // namespace

Loaded load_site(Connection& connection, const Dialect& dialect, RegistrySink& sink,
                 const std::optional<PeerWish>& peers) {
    Loaded loaded;
    loaded.error = connection.execute("ROLLBACK");
    if (loaded.ok()) {
        loaded.error = connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    }
    load_all<ClientRecord>(connection,
                           "SELECT peer_id FROM xbt_client_whitelist WHERE peer_id <> ''", loaded,
                           loaded.clients, [&](auto records) { return sink.put_clients(records); });
    load_all<TokenRecord>(
        connection,
        "SELECT f.UserID, t.info_hash FROM users_freeleeches f JOIN torrents t ON t.ID = "
        "f.TorrentID WHERE f.Expired = 0",
        loaded, loaded.tokens, [&](auto records) { return sink.put_tokens(records); });
    load_all<TorrentRecord>(connection, torrents_query(dialect), loaded, loaded.torrents,
                            [&](auto records) { return sink.put_torrents(records); });
    if (peers && loaded.ok()) {
        load_peers(connection, sink, *peers, loaded);
    }
    load_all<UserRecord>(
        connection,
        "SELECT ID, torrent_pass, can_leech, Visible IN ('0', 'no') OR IP = '127.0.0.1' FROM "
        "users_main WHERE Enabled = '1'",
        loaded, loaded.users, [&](auto records) { return sink.put_users(records); });
    if (loaded.error.ok() && connection.is_open()) {
        loaded.error = connection.execute("ROLLBACK");  // gives the snapshot back
    }
    return loaded;
}

DatabaseError clear_peers(Connection& connection, const Dialect& dialect) {
    DatabaseError error = connection.execute("DELETE FROM xbt_files_users WHERE uid <> 0");
    if (error.ok()) {
        error = connection.execute("UPDATE " + dialect.torrent_totals +
                                   " SET Seeders = 0, Leechers = 0 WHERE Seeders <> 0 OR "
                                   "Leechers <> 0");
    }
    return error.ok() ? connection.execute("COMMIT") : error;
}

}  // namespace chihaya::gazelle
