#include "core/logic/roster_tables.hpp"

#include "core/logic/roster_change.hpp"

#include <algorithm>
#include <chrono>

namespace chihaya::logic {
namespace {

/// The key that `text` is looked up by; empty when no user can have it.
std::optional<Passkey> passkey_key(std::string_view text) noexcept {
    Passkey key;
    if (text.empty() || text.size() > key.text.size() ||
        text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::ranges::copy(text, key.text.begin());
    return key;
}

}  // namespace

std::optional<UserRecord> RosterTables::user(std::string_view passkey) const noexcept {
    const auto key = passkey_key(passkey);
    return key ? users_.find(*key) : std::nullopt;
}

std::optional<UserRecord> RosterTables::user(UserId id) const noexcept {
    const auto passkey = passkeys_.find(id);
    auto found = passkey ? users_.find(*passkey) : std::nullopt;
    return found && found->id == id ? found : std::nullopt;
}

std::vector<UserId> RosterTables::user_ids_after(std::optional<UserId> after,
                                                 std::size_t limit) const {
    return passkeys_.keys_after(after, limit, std::less<>());
}

std::vector<InfoHash> RosterTables::info_hashes_after(std::optional<InfoHash> after,
                                                      std::size_t limit) const {
    return torrents_.keys_after(after, limit, [](const InfoHash& left, const InfoHash& right) {
        return left.bytes < right.bytes;
    });
}

std::optional<TorrentRecord> RosterTables::torrent(const InfoHash& info_hash) const noexcept {
    return torrents_.find(info_hash);
}

bool RosterTables::has_token(UserId user, const InfoHash& info_hash) const noexcept {
    return tokens_.contains(token_key(user, info_hash));
}

TorrentErasure RosterTables::erasure(const InfoHash& info_hash) const noexcept {
    const std::shared_lock lock(erasures_mutex_);
    return erasures_.find(info_hash, std::chrono::steady_clock::now());
}

bool RosterTables::approves(const PeerId& peer_id) const noexcept {
    const std::shared_lock lock(clients_mutex_);
    return clients_.approves(peer_id);
}

bool RosterTables::lists_no_client() const noexcept {
    const std::shared_lock lock(clients_mutex_);
    return clients_.size() == 0;
}

bool RosterTables::has_client(const PeerIdPrefix& prefix) const noexcept {
    const std::shared_lock lock(clients_mutex_);
    return clients_.contains(prefix);
}

Roster::Sizes RosterTables::sizes() const noexcept {
    const std::shared_lock lock(clients_mutex_);
    return {passkeys_.size(), torrents_.size(), clients_.size(), tokens_.size()};
}

Status RosterTables::put_users(std::span<const UserRecord> users) noexcept {
    return changed(changes_, [&] {
        for (const UserRecord& user : users) {
            settle(user.id);
            put_user(user);
        }
    });
}

/// The new passkey is good before the old one is not: an announce in between finds its user.
void RosterTables::put_user(const UserRecord& user) {
    const auto before = passkeys_.find(user.id);
    const auto key = passkey_key(user.passkey.view());
    if (key) {
        users_.put(*key, user);
    }
    passkeys_.put(user.id, key.value_or(Passkey{}));
    if (before && before != key) {
        withdraw(user.id, *before);
    }
}

/// A passkey that has since been given to somebody else is left to that user.
void RosterTables::withdraw(UserId user, const Passkey& passkey) noexcept {
    const auto holder = users_.find(passkey);
    if (holder && holder->id == user) {
        users_.erase(passkey);
    }
}

Status RosterTables::erase_users(std::span<const UserId> users) noexcept {
    return changed(changes_, [&] {
        for (const UserId user : users) {
            settle(user);
            erase_user(user);
        }
    });
}

void RosterTables::erase_user(UserId user) noexcept {
    if (const auto passkey = passkeys_.find(user)) {
        withdraw(user, *passkey);
        passkeys_.erase(user);
    }
}

Status RosterTables::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return changed(changes_, [&] {
        for (const TorrentRecord& torrent : torrents) {
            settle(torrent.info_hash);
            torrents_.put(torrent.info_hash, torrent);
        }
        const std::lock_guard lock(erasures_mutex_);
        for (const TorrentRecord& torrent : torrents) {
            erasures_.erase(torrent.info_hash);
        }
    });
}

Status RosterTables::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return changed(changes_, [&] {
        const auto now = std::chrono::steady_clock::now();
        for (const TorrentErasure& torrent : torrents) {
            const std::lock_guard lock(erasures_mutex_);
            erasures_.put(torrent, now);
        }
        for (const TorrentErasure& torrent : torrents) {
            settle(torrent.info_hash);
            torrents_.erase(torrent.info_hash);
        }
    });
}

Status RosterTables::put_clients(std::span<const ClientRecord> clients) noexcept {
    return changed(changes_, [&] {
        const std::lock_guard lock(clients_mutex_);
        for (const ClientRecord& client : clients) {
            settle(client.prefix);
            clients_.put(client.prefix);
            if (loaded_clients_) {
                loaded_clients_->put(client.prefix);
            }
        }
    });
}

Status RosterTables::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return changed(changes_, [&] {
        const std::lock_guard lock(clients_mutex_);
        for (const PeerIdPrefix& prefix : clients) {
            settle(prefix);
            clients_.erase(prefix);
            if (loaded_clients_) {
                loaded_clients_->erase(prefix);
            }
        }
    });
}

Status RosterTables::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return changed(changes_, [&] {
        for (const TokenRecord& token : tokens) {
            const TokenRecord key = token_key(token.user, token.info_hash);
            settle(key);
            tokens_.put(key, Nothing{});
        }
    });
}

Status RosterTables::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return changed(changes_, [&] {
        for (const TokenRecord& token : tokens) {
            const TokenRecord key = token_key(token.user, token.info_hash);
            settle(key);
            tokens_.erase(key);
        }
    });
}

void RosterTables::lapsed() noexcept {
    run_hook(lapsed_hook_);
}

}  // namespace chihaya::logic
