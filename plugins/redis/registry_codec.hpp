#pragma once

/// @file registry_codec.hpp
/// Records and changes of the registry as bytes in Redis.
///
/// A record is its key, a byte that names the version of the form, and the rest; each kind has one
/// size. In a hash the key is the field, the rest the value; in the feed whole records lie one
/// behind the other.
///
/// Shape: numbers have their highest byte first; multipliers are IEEE 754 doubles, finite and not
///        negative; text is NUL-padded
///
///        user            id 8 | version 1 | passkey 32 | up 8 | down 8 | flags 4           61
///        bytes torrent         info-hash 20 | version 1 | id 8 | freeleech 4 | up 8 | down 8 |
///                        snatches 4                                                        53
///        client          prefix 20, size 1 | version 1                                     22
///        token           user 8, info-hash 20 | version 1                                  29
///        erased user     id 8 | version 1                                                   9
///        erased torrent  info-hash 20 | version 1 | reason 44                              65
///        erased client, erased token: as the client, the token

#include "chihaya/registry.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::redis {

inline constexpr char registry_version = 1;

/// What a change does. Its letter is the `k` of the feed's entry.
enum class Change : char {
    put_users = 'U',
    put_torrents = 'T',
    put_clients = 'C',
    put_tokens = 'K',
    erase_users = 'u',
    erase_torrents = 't',
    erase_clients = 'c',
    erase_tokens = 'k',
};

/// The sizes of a record as bytes: of its key, and as a whole.
template <class Record>
struct Form;
template <>
struct Form<UserRecord> {
    static constexpr std::size_t key = 8;
    static constexpr std::size_t size = 61;
};
template <>
struct Form<TorrentRecord> {
    static constexpr std::size_t key = 20;
    static constexpr std::size_t size = 53;
};
template <>
struct Form<ClientRecord> {
    static constexpr std::size_t key = 21;
    static constexpr std::size_t size = 22;
};
template <>
struct Form<TokenRecord> {
    static constexpr std::size_t key = 28;
    static constexpr std::size_t size = 29;
};
template <>
struct Form<UserId> {
    static constexpr std::size_t key = 8;
    static constexpr std::size_t size = 9;
};
template <>
struct Form<TorrentErasure> {
    static constexpr std::size_t key = 20;
    static constexpr std::size_t size = 65;
};
template <>
struct Form<PeerIdPrefix> {
    static constexpr std::size_t key = 21;
    static constexpr std::size_t size = 22;
};

/// Appends a record as bytes; nothing for one that `decode` would not take.
/// Errors: std::bad_alloc
void encode(const UserRecord& user, std::string& out);
void encode(const TorrentRecord& torrent, std::string& out);
void encode(const ClientRecord& client, std::string& out);
void encode(const TokenRecord& token, std::string& out);
void encode(UserId user, std::string& out);
void encode(const TorrentErasure& torrent, std::string& out);
void encode(const PeerIdPrefix& prefix, std::string& out);

/// Reads bytes that anybody may have written. Nothing when they are not exactly one sound record.
template <class Record>
[[nodiscard]] std::optional<Record> decode(std::string_view bytes) noexcept;
template <>
std::optional<UserRecord> decode<UserRecord>(std::string_view bytes) noexcept;
template <>
std::optional<TorrentRecord> decode<TorrentRecord>(std::string_view bytes) noexcept;
template <>
std::optional<ClientRecord> decode<ClientRecord>(std::string_view bytes) noexcept;
template <>
std::optional<TokenRecord> decode<TokenRecord>(std::string_view bytes) noexcept;
template <>
std::optional<UserId> decode<UserId>(std::string_view bytes) noexcept;
template <>
std::optional<TorrentErasure> decode<TorrentErasure>(std::string_view bytes) noexcept;
template <>
std::optional<PeerIdPrefix> decode<PeerIdPrefix>(std::string_view bytes) noexcept;

}  // namespace chihaya::redis
