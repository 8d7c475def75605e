#include "plugins/gazelle/site/recent_changes.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

template <class Plain>
std::size_t hash_of(const Plain& plain) noexcept {
    static_assert(std::has_unique_object_representations_v<Plain>);
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(&plain), sizeof(plain)});  // a view of raw bytes
}

UserId key_of_user(const UserRecord& user) noexcept {
    return user.id;
}
InfoHash key_of_torrent(const TorrentRecord& torrent) noexcept {
    return torrent.info_hash;
}
PeerIdPrefix key_of_client(const ClientRecord& client) noexcept {
    return client.prefix;
}
TokenRecord key_of_token(const TokenRecord& token) noexcept {
    return {.user = token.user, .info_hash = token.info_hash};
}

/// What was put lately, with what only the database knows.
template <class Record>
Record merged(const Record& recent, const Record& /*shown*/) noexcept {
    return recent;
}
TorrentRecord merged(TorrentRecord recent, const TorrentRecord& shown) noexcept {
    recent.snatches = recent.id == shown.id ? shown.snatches : recent.snatches;
    return recent;
}

template <class Record>
void put_all(auto& table, std::span<const Record> records, auto key_of, Time now) {
    for (const Record& record : records) {
        table.remember(key_of(record), record, now);
    }
}

template <class Key>
void erase_all(auto& table, std::span<const Key> keys, Time now) {
    for (const Key& key : keys) {
        table.remember(key, std::nullopt, now);
    }
}

}  // namespace

std::size_t RecordHash::operator()(UserId user) const noexcept {
    return hash_of(user);
}
std::size_t RecordHash::operator()(const InfoHash& info_hash) const noexcept {
    return hash_of(info_hash);
}
std::size_t RecordHash::operator()(const PeerIdPrefix& prefix) const noexcept {
    return hash_of(prefix);
}
std::size_t RecordHash::operator()(const TokenRecord& token) const noexcept {
    return hash_of(token);
}

RecentChanges::RecentChanges(RegistrySink& registry, Clock clock, std::size_t most)
    : registry_(registry),
      clock_(std::move(clock)),
      users_(most),
      torrents_(most),
      clients_(most),
      tokens_(most) {}

template <class Items, class Forward, class Remember>
Status RecentChanges::change(Items items, Forward forward, Remember remember) noexcept {
    try {
        const std::lock_guard turn(turns_);
        const Status taken = (registry_.*forward)(items);
        if (taken.ok()) {
            remember(clock_());
        }
        return taken;
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status RecentChanges::put_users(std::span<const UserRecord> users) noexcept {
    return change(users, &RegistrySink::put_users,
                  [&](Time now) { put_all(users_, users, key_of_user, now); });
}

Status RecentChanges::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return change(torrents, &RegistrySink::put_torrents,
                  [&](Time now) { put_all(torrents_, torrents, key_of_torrent, now); });
}

Status RecentChanges::put_clients(std::span<const ClientRecord> clients) noexcept {
    return change(clients, &RegistrySink::put_clients,
                  [&](Time now) { put_all(clients_, clients, key_of_client, now); });
}

Status RecentChanges::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return change(tokens, &RegistrySink::put_tokens,
                  [&](Time now) { put_all(tokens_, tokens, key_of_token, now); });
}

Status RecentChanges::erase_users(std::span<const UserId> users) noexcept {
    return change(users, &RegistrySink::erase_users,
                  [&](Time now) { erase_all(users_, users, now); });
}

Status RecentChanges::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return change(torrents, &RegistrySink::erase_torrents, [&](Time now) {
        for (const TorrentErasure& erasure : torrents) {
            torrents_.remember(erasure.info_hash, std::nullopt, now);
        }
    });
}

Status RecentChanges::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return change(clients, &RegistrySink::erase_clients,
                  [&](Time now) { erase_all(clients_, clients, now); });
}

Status RecentChanges::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return change(tokens, &RegistrySink::erase_tokens, [&](Time now) {
        for (const TokenRecord& token : tokens) {
            tokens_.remember(key_of_token(token), std::nullopt, now);
        }
    });
}

Status RecentChanges::remember_peers(const InfoHash& info_hash,
                                     std::span<const PeerRecord> peers) noexcept {
    return registry_.remember_peers(info_hash, peers);
}

void RecentChanges::lapsed() noexcept {
    registry_.lapsed();
}

LoadOverlay::LoadOverlay(RecentChanges& recent, RegistrySink& sink) : recent_(recent), sink_(sink) {
    const std::lock_guard turn(recent_.turns_);
    began_ = recent_.clock_();
    number_ = ++recent_.loads_;
    const auto is_over = [&](std::chrono::seconds put_for) {
        return [this, put_for](const auto& change) {
            return began_ - change.at >= (change.record ? put_for : limits::recent_for);
        };
    };
    recent_.users_.prune(is_over(limits::new_user_for));
    recent_.torrents_.prune(is_over(limits::recent_for));
    recent_.clients_.prune(is_over(limits::recent_for));
    recent_.tokens_.prune(is_over(limits::recent_for));
    recent_.is_being_loaded_ = true;
}

LoadOverlay::~LoadOverlay() {
    recent_.is_being_loaded_ = false;
}

template <class Record, class Table, class KeyOf, class Put>
Status LoadOverlay::pass(std::span<const Record> records, Table& table, KeyOf key_of,
                         Put put) noexcept {
    try {
        std::vector<Record> piece;
        while (!records.empty()) {
            const auto next = records.first(std::min(records.size(), limits::load_piece));
            records = records.subspan(next.size());
            piece.clear();
            const std::lock_guard turn(recent_.turns_);
            for (const Record& shown : next) {
                const auto key = key_of(shown);
                auto* const change = table.find(key);
                if (change == nullptr) {
                    piece.push_back(shown);
                } else if (!change->record) {
                    continue;
                } else if (began_ - change->at < limits::recent_wins_for) {
                    piece.push_back(merged(*change->record, shown));
                    change->shown_by = number_;
                } else {
                    piece.push_back(shown);
                    table.forget(key);
                }
            }
            const Status taken =
                piece.empty() ? Status{} : (sink_.*put)(std::span<const Record>(piece));
            if (!taken.ok()) {
                return taken;
            }
        }
        return {};
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

template <class Record, class Table, class Put>
Status LoadOverlay::put_missing(Table& table, Put put) {
    std::vector<Record> missing;
    for (const auto& change : table.all()) {
        if (change.record && change.shown_by != number_) {
            missing.push_back(*change.record);
        }
    }
    return missing.empty() ? Status{} : (sink_.*put)(std::span<const Record>(missing));
}

Status LoadOverlay::finish() noexcept {
    try {
        const std::lock_guard turn(recent_.turns_);
        Status taken = put_missing<UserRecord>(recent_.users_, &RegistrySink::put_users);
        if (taken.ok()) {
            taken = put_missing<TorrentRecord>(recent_.torrents_, &RegistrySink::put_torrents);
        }
        if (taken.ok()) {
            taken = put_missing<ClientRecord>(recent_.clients_, &RegistrySink::put_clients);
        }
        if (taken.ok()) {
            taken = put_missing<TokenRecord>(recent_.tokens_, &RegistrySink::put_tokens);
        }
        return taken;
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status LoadOverlay::put_users(std::span<const UserRecord> users) noexcept {
    return pass(users, recent_.users_, key_of_user, &RegistrySink::put_users);
}
Status LoadOverlay::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return pass(torrents, recent_.torrents_, key_of_torrent, &RegistrySink::put_torrents);
}
Status LoadOverlay::put_clients(std::span<const ClientRecord> clients) noexcept {
    return pass(clients, recent_.clients_, key_of_client, &RegistrySink::put_clients);
}
Status LoadOverlay::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return pass(tokens, recent_.tokens_, key_of_token, &RegistrySink::put_tokens);
}
Status LoadOverlay::erase_users(std::span<const UserId> users) noexcept {
    return sink_.erase_users(users);
}
Status LoadOverlay::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return sink_.erase_torrents(torrents);
}
Status LoadOverlay::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return sink_.erase_clients(clients);
}
Status LoadOverlay::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return sink_.erase_tokens(tokens);
}
Status LoadOverlay::remember_peers(const InfoHash& info_hash,
                                   std::span<const PeerRecord> peers) noexcept {
    return sink_.remember_peers(info_hash, peers);
}
void LoadOverlay::lapsed() noexcept {
    sink_.lapsed();
}

}  // namespace chihaya::gazelle
