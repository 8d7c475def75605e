#pragma once

/// @file roster_replica.hpp
/// The ways from the shared copy of the registry into the roster.

#include "chihaya/registry.hpp"
#include "core/logic/roster_tables.hpp"
#include "core/logic/turnstile.hpp"

#include <atomic>
#include <mutex>
#include <span>

namespace chihaya::logic {

/// Takes what the driver passes on. A call waits for a write that is being written through by
/// another thread: it may be what is passed on, or older than that, and is published first.
/// Thread: any
class Replica final : public RegistrySink {
public:
    Replica(Turnstile& changes, RosterTables& tables) noexcept
        : changes_(changes), tables_(tables) {}

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return in_turn([&] { return tables_.put_users(users); });
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return in_turn([&] { return tables_.put_torrents(torrents); });
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return in_turn([&] { return tables_.put_clients(clients); });
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return in_turn([&] { return tables_.put_tokens(tokens); });
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return in_turn([&] { return tables_.erase_users(users); });
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return in_turn([&] { return tables_.erase_torrents(torrents); });
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return in_turn([&] { return tables_.erase_clients(clients); });
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return in_turn([&] { return tables_.erase_tokens(tokens); });
    }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};  // peers are the tracker driver's, and it is where they came from
    }
    void lapsed() noexcept override {
        has_lapsed_ = true;
        tables_.lapsed();
    }

    /// Has it lapsed since it was asked last?
    [[nodiscard]] bool take_lapse() noexcept { return has_lapsed_.exchange(false); }
    void keep_lapse() noexcept { has_lapsed_ = true; }

private:
    template <class Publish>
    Status in_turn(Publish publish) noexcept {
        if (changes_.is_mine()) {
            return publish();
        }
        const std::lock_guard lock(changes_);
        return publish();
    }

    Turnstile& changes_;
    RosterTables& tables_;
    std::atomic<bool> has_lapsed_{false};
};

/// Takes a load.
class Loading final : public RegistrySink {
public:
    explicit Loading(RosterTables& tables) noexcept : tables_(tables) {}

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return tables_.load_users(users);
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return tables_.load_torrents(torrents);
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return tables_.load_clients(clients);
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return tables_.load_tokens(tokens);
    }
    // A load has nothing to erase: what it leaves out is gone.
    Status erase_users(std::span<const UserId> /*users*/) noexcept override { return {}; }
    Status erase_torrents(std::span<const TorrentErasure> /*torrents*/) noexcept override {
        return {};
    }
    Status erase_clients(std::span<const PeerIdPrefix> /*clients*/) noexcept override { return {}; }
    Status erase_tokens(std::span<const TokenRecord> /*tokens*/) noexcept override { return {}; }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override {}  // it is the whole, whatever was missed before

private:
    RosterTables& tables_;
};

}  // namespace chihaya::logic
