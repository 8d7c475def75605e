#pragma once

/// @file site_news.hpp
/// What each kind of record needs to be compared with what is here: its key, and its name in the
/// log.

#include "chihaya/registry.hpp"
#include "core/logic/roster_change.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::logic {

inline UserId key_of(const UserRecord& user) noexcept {
    return user.id;
}
inline UserId key_of(UserId user) noexcept {
    return user;
}
inline InfoHash key_of(const TorrentRecord& torrent) noexcept {
    return torrent.info_hash;
}
inline InfoHash key_of(const TorrentErasure& torrent) noexcept {
    return torrent.info_hash;
}
inline PeerIdPrefix key_of(const ClientRecord& client) noexcept {
    return client.prefix;
}
inline PeerIdPrefix key_of(const PeerIdPrefix& prefix) noexcept {
    return prefix;
}
inline TokenRecord key_of(const TokenRecord& token) noexcept {
    return token_key(token.user, token.info_hash);
}

enum class Difference : std::uint8_t {
    none,
    unremarkable,  // to be written, but to be expected: it is not counted
    changed,
    added,
};

/// Of a piece of what a site has shown: what is to be written here.
template <class Record>
struct News {
    std::vector<Record> records;
    std::vector<Record> told;  // those of them that are counted and named
    std::size_t added = 0;
    std::size_t changed = 0;
};

/// Appends what a record is called in the log, unless there is enough already. Never a passkey.
void list_id(std::string& ids, UserId user);
void list_id(std::string& ids, const InfoHash& info_hash);
void list_id(std::string& ids, const PeerIdPrefix& prefix);
void list_id(std::string& ids, const TokenRecord& token);

}  // namespace chihaya::logic
