#pragma once

/// @file saved_registry.hpp
/// The registry as it was saved, until the host has loaded it.

#include "chihaya/registry.hpp"
#include "plugins/memory/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace chihaya::memory {

/// Not thread-safe. Errors: std::bad_alloc
class SavedRegistry {
public:
    /// Lifetime: `secret` is borrowed
    explicit SavedRegistry(const HashSecret& secret);

    void put(std::span<const UserRecord> users);
    void put(std::span<const TorrentRecord> torrents);
    void put(std::span<const ClientRecord> clients);
    void put(std::span<const TokenRecord> tokens);
    void erase(std::span<const UserId> users);
    void erase(std::span<const TorrentErasure> torrents);
    void erase(std::span<const PeerIdPrefix> clients);
    void erase(std::span<const TokenRecord> tokens);

    [[nodiscard]] bool is_empty() const noexcept;
    /// Shows everything, some records at a time.
    [[nodiscard]] Status show(RegistrySink& sink) const;
    /// Gives its memory back.
    void clear() noexcept;

    template <class Visit>
    void for_each_torrent(Visit&& visit) const {
        for (const auto& entry : torrents_) {
            visit(entry.second);
        }
    }

private:
    struct Hash {
        const HashSecret* secret;
        std::size_t operator()(const InfoHash& info_hash) const noexcept {
            return secret->hash(info_hash);
        }
        std::size_t operator()(UserId user) const noexcept {
            return secret->hash(static_cast<std::uint64_t>(user));
        }
        std::size_t operator()(const TokenRecord& token) const noexcept {
            return fold(secret->hash(token.info_hash), static_cast<std::uint64_t>(token.user) | 1U);
        }
    };
    template <class Key, class Record>
    using Table = std::unordered_map<Key, Record, Hash>;

    Table<UserId, UserRecord> users_;
    Table<InfoHash, TorrentRecord> torrents_;
    std::unordered_set<TokenRecord, Hash> tokens_;
    std::vector<PeerIdPrefix> clients_;  // some hundreds
};

}  // namespace chihaya::memory
