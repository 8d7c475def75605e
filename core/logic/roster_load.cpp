#include "core/logic/roster_change.hpp"
#include "core/logic/roster_tables.hpp"

#include <utility>
#include <vector>

namespace chihaya::logic {
namespace {

/// The keys of `table` that are not settled. Look-ups go on meanwhile.
template <class Key, class Value>
std::vector<Key> unsettled(const ShardedTable<Key, Value>& table, const Settled& settled) {
    std::vector<Key> keys;
    table.for_each_key([&](const Key& key) {
        if (!settled.contains(key)) {
            keys.push_back(key);
        }
    });
    return keys;
}

}  // namespace

void RosterTables::begin_load() noexcept {
    {
        const std::lock_guard lock(changes_);
        settled_.emplace(keyed_);
    }
    const std::lock_guard lock(clients_mutex_);
    loaded_clients_.emplace();
}

Status RosterTables::load_users(std::span<const UserRecord> users) noexcept {
    return changed(changes_, [&] {
        for (const UserRecord& user : users) {
            if (!settled_ || settled_->add(user.id)) {
                put_user(user);
            }
        }
    });
}

Status RosterTables::load_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return changed(changes_, [&] {
        for (const TorrentRecord& torrent : torrents) {
            if (!settled_ || settled_->add(torrent.info_hash)) {
                torrents_.put(torrent.info_hash, torrent);
                const std::lock_guard lock(erasures_mutex_);
                erasures_.erase(torrent.info_hash);
            }
        }
    });
}

Status RosterTables::load_clients(std::span<const ClientRecord> clients) noexcept {
    return changed(clients_mutex_, [&] {
        for (const ClientRecord& client : clients) {
            clients_.put(client.prefix);
            if (loaded_clients_) {
                loaded_clients_->put(client.prefix);
            }
        }
    });
}

Status RosterTables::load_tokens(std::span<const TokenRecord> tokens) noexcept {
    return changed(changes_, [&] {
        for (const TokenRecord& token : tokens) {
            const TokenRecord key = token_key(token.user, token.info_hash);
            if (!settled_ || settled_->add(key)) {
                tokens_.put(key, Nothing{});
            }
        }
    });
}

Status RosterTables::end_load(bool withdraws) noexcept {
    const Status ended = changed(changes_, [&] {
        if (withdraws && settled_ && settled_->is_whole()) {
            withdraw_unsettled();
        }
    });
    {
        const std::lock_guard lock(changes_);
        settled_.reset();
    }
    const std::lock_guard lock(clients_mutex_);
    if (withdraws && ended.ok() && loaded_clients_) {
        clients_ = std::move(*loaded_clients_);
    }
    loaded_clients_.reset();
    return ended;
}

void RosterTables::withdraw_unsettled() {
    for (const UserId user : unsettled(passkeys_, *settled_)) {
        erase_user(user);
    }
    for (const InfoHash& info_hash : unsettled(torrents_, *settled_)) {
        torrents_.erase(info_hash);
    }
    for (const TokenRecord& token : unsettled(tokens_, *settled_)) {
        tokens_.erase(token);
    }
}

}  // namespace chihaya::logic
