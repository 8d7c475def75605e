#pragma once

/// @file recent_changes.hpp
/// What the site has told lately and its database may not show yet. Everything that changes the
/// registry goes through here: `RecentChanges` for what the site says, `LoadOverlay` for what its
/// database has.

#include "chihaya/registry.hpp"
#include "plugins/gazelle/site/clock.hpp"
#include "plugins/gazelle/site/recent.hpp"
#include "plugins/gazelle/site/turnstile.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chihaya::gazelle {

/// Equal keys have equal bytes.
struct RecordHash {
    [[nodiscard]] std::size_t operator()(UserId user) const noexcept;
    [[nodiscard]] std::size_t operator()(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] std::size_t operator()(const PeerIdPrefix& prefix) const noexcept;
    [[nodiscard]] std::size_t operator()(const TokenRecord& token) const noexcept;
};

/// Passes changes on to the host's registry and remembers them.
///
/// Thread: any; while a piece of a load is written, a change waits for its turn
/// Errors: a change that the registry does not take is not remembered
class RecentChanges final : public RegistrySink {
public:
    /// Lifetime: `registry` outlives it
    RecentChanges(RegistrySink& registry, Clock clock,
                  std::size_t most = limits::recent_changes_max);
    RecentChanges(const RecentChanges&) = delete;
    RecentChanges& operator=(const RecentChanges&) = delete;

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

    /// Does a load run? It may yet bring records as they were before what the site says now.
    [[nodiscard]] bool is_being_loaded() const noexcept { return is_being_loaded_; }

private:
    friend class LoadOverlay;

    template <class Items, class Forward, class Remember>
    Status change(Items items, Forward forward, Remember remember) noexcept;

    RegistrySink& registry_;
    const Clock clock_;
    std::atomic<bool> is_being_loaded_{false};
    Turnstile turns_;  // held while a change is passed on and remembered

    // Under `turns_`.
    Recent<UserId, UserRecord, RecordHash> users_;
    Recent<InfoHash, TorrentRecord, RecordHash> torrents_;
    Recent<PeerIdPrefix, ClientRecord, RecordHash> clients_;
    Recent<TokenRecord, TokenRecord, RecordHash> tokens_;
    std::uint64_t loads_ = 0;
};

/// One load of the database, corrected by what was said lately.
///
/// A record that was erased lately is left out, whatever the database says; one that was put less
/// than `limits::recent_wins_for` before the load began passes as it was put; everything else
/// passes as the database has it. A put that a later load has shown is forgotten.
///
/// Thread: one at a time, as `BackendDriver::load`
class LoadOverlay final : public RegistrySink {
public:
    /// The load begins: nothing may have been read from the database before.
    /// Lifetime: both outlive it
    LoadOverlay(RecentChanges& recent, RegistrySink& sink);
    ~LoadOverlay();
    LoadOverlay(const LoadOverlay&) = delete;
    LoadOverlay& operator=(const LoadOverlay&) = delete;

    /// The database has been read to its end: what was put lately and has not come by is put. Not
    /// to be called when reading failed.
    Status finish() noexcept;

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
    template <class Record, class Table, class KeyOf, class Put>
    Status pass(std::span<const Record> records, Table& table, KeyOf key_of, Put put) noexcept;
    template <class Record, class Table, class Put>
    Status put_missing(Table& table, Put put);

    RecentChanges& recent_;
    RegistrySink& sink_;
    Time began_{};
    std::uint64_t number_ = 0;
};

}  // namespace chihaya::gazelle
