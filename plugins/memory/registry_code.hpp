#pragma once

/// @file registry_code.hpp
/// The registry's records as they lie in snapshots and journals.

#include "chihaya/registry.hpp"
#include "plugins/memory/bytes.hpp"

namespace chihaya::memory {

void encode(const UserRecord& user, ByteWriter& to);
void encode(const TorrentRecord& torrent, ByteWriter& to);
void encode(const ClientRecord& client, ByteWriter& to);
void encode(const TokenRecord& token, ByteWriter& to);
void encode(UserId user, ByteWriter& to);
void encode(const TorrentErasure& torrent, ByteWriter& to);
void encode(const PeerIdPrefix& client, ByteWriter& to);

/// Each false when these are no such record, or the reader has failed.
[[nodiscard]] bool decode(ByteReader& from, UserRecord& user);
[[nodiscard]] bool decode(ByteReader& from, TorrentRecord& torrent);
[[nodiscard]] bool decode(ByteReader& from, ClientRecord& client);
[[nodiscard]] bool decode(ByteReader& from, TokenRecord& token);
[[nodiscard]] bool decode(ByteReader& from, UserId& user);
[[nodiscard]] bool decode(ByteReader& from, TorrentErasure& torrent);
[[nodiscard]] bool decode(ByteReader& from, PeerIdPrefix& client);

}  // namespace chihaya::memory
