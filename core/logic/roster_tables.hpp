#pragma once

/// @file roster_tables.hpp
/// What the roster publishes: the tables that announces read, and their changes. Nothing is written
/// through from here.

#include "chihaya/registry.hpp"
#include "core/base/limits.hpp"
#include "core/logic/client_list.hpp"
#include "core/logic/erasures.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/settled.hpp"
#include "core/logic/sharded_table.hpp"
#include "core/logic/site_news.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

namespace chihaya::logic {

/// Thread: any; changes are made one at a time
class RosterTables final {
public:
    [[nodiscard]] std::optional<UserRecord> user(std::string_view passkey) const noexcept;
    [[nodiscard]] std::optional<UserRecord> user(UserId id) const noexcept;
    [[nodiscard]] std::optional<TorrentRecord> torrent(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] std::vector<UserId> user_ids_after(std::optional<UserId> after,
                                                     std::size_t limit) const;
    [[nodiscard]] std::vector<InfoHash> info_hashes_after(std::optional<InfoHash> after,
                                                          std::size_t limit) const;
    [[nodiscard]] bool has_token(UserId user, const InfoHash& info_hash) const noexcept;
    [[nodiscard]] TorrentErasure erasure(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] bool approves(const PeerId& peer_id) const noexcept;
    [[nodiscard]] bool lists_no_client() const noexcept;
    [[nodiscard]] bool has_client(const PeerIdPrefix& prefix) const noexcept;
    [[nodiscard]] Roster::Sizes sizes() const noexcept;
    [[nodiscard]] std::size_t bytes() const noexcept {
        return users_.bytes() + passkeys_.bytes() + torrents_.bytes() + tokens_.bytes();
    }

    void on_lapsed(std::function<void()> hook) { lapsed_hook_ = std::move(hook); }

    /// Until `end_load`, remembers what is put and erased. A record that is loaded is published
    /// only where it was neither, because the change is newer than the load.
    void begin_load() noexcept;
    Status load_users(std::span<const UserRecord> users) noexcept;
    Status load_torrents(std::span<const TorrentRecord> torrents) noexcept;
    Status load_clients(std::span<const ClientRecord> clients) noexcept;
    Status load_tokens(std::span<const TokenRecord> tokens) noexcept;
    /// `withdraws`: records that were neither loaded nor put since it began disappear.
    /// Errors: out of memory; some may be left
    Status end_load(bool withdraws) noexcept;

    /// Until `end_site_load`, remembers what `see` was shown, and what is put and erased:
    /// site_load.hpp.
    void begin_site_load() noexcept;
    void end_site_load() noexcept;
    /// Returns: those of `records` that are to be written; what was put or erased meanwhile is not.
    template <class Record>
    [[nodiscard]] News<Record> see(std::span<const Record> records);
    /// False: memory ran out, and what is unseen is not known.
    [[nodiscard]] bool has_seen_all() noexcept;
    static constexpr std::size_t pieces = ShardedTable<UserId, Passkey>::piece_count;
    [[nodiscard]] std::vector<UserId> unseen_users(std::size_t piece);
    [[nodiscard]] std::vector<TorrentErasure> unseen_torrents(std::size_t piece);
    [[nodiscard]] std::vector<TokenRecord> unseen_tokens(std::size_t piece);
    [[nodiscard]] std::vector<PeerIdPrefix> unseen_clients(std::span<const ClientRecord> kept);
    template <class Record>
    [[nodiscard]] std::vector<Record> still_unseen(std::span<const Record> missing);

    /// Puts all records into `driver`, each as it is when `turn` has let this thread in.
    Status put_back(TrackerDriver& driver, Turnstile& turn) const noexcept;

    /// Shows every record to `sink`, some at a time, each as it is at some moment.
    /// Errors: what `sink` says; std::bad_alloc
    Status show(RegistrySink& sink) const;

    Status put_users(std::span<const UserRecord> users) noexcept;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept;
    Status put_clients(std::span<const ClientRecord> clients) noexcept;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept;
    Status erase_users(std::span<const UserId> users) noexcept;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept;
    void lapsed() noexcept;  // calls the hook

private:
    struct Nothing {};

    void put_user(const UserRecord& user);
    void erase_user(UserId user) noexcept;
    template <class Key>
    void settle(const Key& key) noexcept {
        if (settled_) {
            settled_->add(key);
        }
        if (seen_) {
            seen_->add(key);
        }
    }
    [[nodiscard]] Difference difference(const UserRecord& user) const noexcept;
    [[nodiscard]] Difference difference(const TorrentRecord& torrent) const noexcept;
    [[nodiscard]] Difference difference(const ClientRecord& client) const noexcept;
    [[nodiscard]] Difference difference(const TokenRecord& token) const noexcept;
    void withdraw_unsettled();
    void withdraw(UserId user, const Passkey& passkey) noexcept;

    std::mutex changes_;  // one change at a time; look-ups do not take it
    const KeyedHash keyed_;
    std::optional<Settled> settled_;  // under `changes_`; while a load runs
    std::optional<Settled> seen_;     // likewise, while the site is read

    ShardedTable<Passkey, UserRecord> users_;
    ShardedTable<UserId, Passkey> passkeys_;
    ShardedTable<InfoHash, TorrentRecord> torrents_;
    ShardedTable<TokenRecord, Nothing> tokens_;

    mutable std::shared_mutex clients_mutex_;
    ClientList clients_;
    std::optional<ClientList> loaded_clients_;  // put since a load began
    mutable std::shared_mutex erasures_mutex_;
    Erasures erasures_{limits::erasure_reasons_max};

    std::function<void()> lapsed_hook_;
};

}  // namespace chihaya::logic
