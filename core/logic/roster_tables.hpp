#pragma once

/// @file roster_tables.hpp
/// What the roster publishes: the tables that announces read, and their changes. Nothing is written
/// through from here.

#include "chihaya/registry.hpp"
#include "core/base/limits.hpp"
#include "core/logic/client_list.hpp"
#include "core/logic/erasures.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/sharded_table.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>

namespace chihaya::logic {

/// Thread: any; changes are made one at a time
class RosterTables final : public RegistrySink {
public:
    [[nodiscard]] std::optional<UserRecord> user(std::string_view passkey) const noexcept;
    [[nodiscard]] std::optional<TorrentRecord> torrent(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] bool has_token(UserId user, const InfoHash& info_hash) const noexcept;
    [[nodiscard]] TorrentErasure erasure(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] bool approves(const PeerId& peer_id) const noexcept;
    [[nodiscard]] bool has_client(const PeerIdPrefix& prefix) const noexcept;
    [[nodiscard]] Roster::Sizes sizes() const noexcept;

    void on_lapsed(std::function<void()> hook) { lapsed_hook_ = std::move(hook); }

    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status remember_peers(const InfoHash& info_hash,
                          std::span<const PeerRecord> peers) noexcept override;
    void lapsed() noexcept override;

private:
    struct Nothing {};

    void put_user(const UserRecord& user);
    void withdraw(UserId user, const Passkey& passkey) noexcept;

    std::mutex changes_;  // one change at a time; look-ups do not take it

    ShardedTable<Passkey, UserRecord> users_;
    ShardedTable<UserId, Passkey> passkeys_;
    ShardedTable<InfoHash, TorrentRecord> torrents_;
    ShardedTable<TokenRecord, Nothing> tokens_;

    mutable std::shared_mutex clients_mutex_;
    ClientList clients_;
    mutable std::shared_mutex erasures_mutex_;
    Erasures erasures_{limits::erasure_reasons_max};

    std::function<void()> lapsed_hook_;
};

}  // namespace chihaya::logic
