#include "plugins/memory/saved_registry.hpp"

#include "plugins/memory/limits.hpp"

#include <algorithm>

namespace chihaya::memory {
namespace {

/// Shows what `record_of` makes of each element, in pieces.
template <class Record, class Table, class RecordOf, class Put>
Status show_all(const Table& table, RecordOf record_of, Put put) {
    std::vector<Record> some;
    for (auto at = table.begin(); at != table.end();) {
        some.push_back(record_of(*at));
        if (++at == table.end() || some.size() == limits::records_at_once) {
            if (const Status taken = put(std::span<const Record>(some)); !taken.ok()) {
                return taken;
            }
            some.clear();
        }
    }
    return {};
}

}  // namespace

SavedRegistry::SavedRegistry(const HashSecret& secret)
    : users_(0, Hash{&secret}), torrents_(0, Hash{&secret}), tokens_(0, Hash{&secret}) {}

void SavedRegistry::put(std::span<const UserRecord> users) {
    for (const UserRecord& user : users) {
        users_.insert_or_assign(user.id, user);
    }
}

void SavedRegistry::put(std::span<const TorrentRecord> torrents) {
    for (const TorrentRecord& torrent : torrents) {
        torrents_.insert_or_assign(torrent.info_hash, torrent);
    }
}

void SavedRegistry::put(std::span<const ClientRecord> clients) {
    for (const ClientRecord& client : clients) {
        if (std::ranges::find(clients_, client.prefix) == clients_.end()) {
            clients_.push_back(client.prefix);
        }
    }
}

void SavedRegistry::put(std::span<const TokenRecord> tokens) {
    for (const TokenRecord& token : tokens) {
        tokens_.insert({.user = token.user, .info_hash = token.info_hash});
    }
}

void SavedRegistry::erase(std::span<const UserId> users) {
    for (const UserId user : users) {
        users_.erase(user);
    }
}

void SavedRegistry::erase(std::span<const TorrentErasure> torrents) {
    for (const TorrentErasure& torrent : torrents) {
        torrents_.erase(torrent.info_hash);
    }
}

void SavedRegistry::erase(std::span<const PeerIdPrefix> clients) {
    for (const PeerIdPrefix& client : clients) {
        std::erase(clients_, client);
    }
}

void SavedRegistry::erase(std::span<const TokenRecord> tokens) {
    for (const TokenRecord& token : tokens) {
        tokens_.erase({.user = token.user, .info_hash = token.info_hash});
    }
}

bool SavedRegistry::is_empty() const noexcept {
    return users_.empty() && torrents_.empty() && tokens_.empty() && clients_.empty();
}

Status SavedRegistry::show(RegistrySink& sink) const {
    const auto value = [](const auto& entry) {
        return entry.second;
    };
    Status shown =
        show_all<UserRecord>(users_, value, [&](auto some) { return sink.put_users(some); });
    if (shown.ok()) {
        shown = show_all<TorrentRecord>(torrents_, value,
                                        [&](auto some) { return sink.put_torrents(some); });
    }
    if (shown.ok()) {
        shown = show_all<ClientRecord>(
            clients_, [](const PeerIdPrefix& prefix) { return ClientRecord{.prefix = prefix}; },
            [&](auto some) { return sink.put_clients(some); });
    }
    if (shown.ok()) {
        shown = show_all<TokenRecord>(
            tokens_, [](const TokenRecord& token) { return token; },
            [&](auto some) { return sink.put_tokens(some); });
    }
    return shown;
}

void SavedRegistry::clear() noexcept {
    const Hash hash = users_.hash_function();
    users_ = Table<UserId, UserRecord>(0, hash);
    torrents_ = Table<InfoHash, TorrentRecord>(0, hash);
    tokens_ = std::unordered_set<TokenRecord, Hash>(0, hash);
    clients_ = {};
}

}  // namespace chihaya::memory
