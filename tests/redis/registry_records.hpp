#pragma once

/// @file registry_records.hpp
/// Records for tests of the registry.

#include "chihaya/registry.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::redis::test {

inline UserRecord user(std::uint64_t id, std::string_view passkey) {
    UserRecord record{.id = UserId{id}};
    std::ranges::copy(passkey, record.passkey.text.begin());
    return record;
}

inline InfoHash info_hash(std::uint8_t number) {
    InfoHash hash;
    hash.bytes.fill(0xab);
    hash.bytes[0] = number;
    return hash;
}

inline PeerIdPrefix prefix(std::string_view text) {
    PeerIdPrefix made{.size = static_cast<std::uint8_t>(text.size())};
    std::ranges::copy(text, made.bytes.begin());
    return made;
}

inline TorrentErasure erasure(std::uint8_t number, std::string_view why) {
    TorrentErasure made{.info_hash = info_hash(number)};
    std::ranges::copy(why, made.reason.begin());
    return made;
}

inline const std::vector<UserRecord> two_users{user(7, "seven"), user(8, "eight")};
inline const TorrentRecord torrent{
    .id = TorrentId{3}, .info_hash = info_hash(1), .up_multiplier = 0.5, .snatches = 9};
inline const ClientRecord client{.prefix = prefix("-TR")};
inline const TokenRecord token{.user = UserId{7}, .info_hash = info_hash(1)};

inline std::vector<UserRecord> many_users(std::uint64_t count) {
    std::vector<UserRecord> all;
    for (std::uint64_t id = 1; id <= count; ++id) {
        all.push_back(user(id, "passkey-" + std::to_string(id)));
    }
    return all;
}

template <class T>
std::span<const T> one(const T& value) {
    return {&value, 1};
}

}  // namespace chihaya::redis::test
