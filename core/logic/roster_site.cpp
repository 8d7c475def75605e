#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/logic/roster_tables.hpp"
#include "core/logic/site_news.hpp"

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

namespace chihaya::logic {
namespace {

/// Appends `name`, unless there is enough.
void list_name(std::string& ids, const std::string& name) {
    if (ids.size() + name.size() < limits::site_findings_text_max) {
        ids += (ids.empty() ? "" : " ") + name;
    }
}

std::string name_of(UserId user) {
    return std::to_string(static_cast<std::uint64_t>(user));
}

/// The keys of one piece of `table` that `settled` does not have, as `Record`s.
template <class Record, class Key, class Value>
std::vector<Record> unseen_of(const ShardedTable<Key, Value>& table, std::size_t piece,
                              const std::optional<Settled>& settled) {
    std::vector<Record> missing;
    table.for_each_key_in(piece, [&](const Key& key) {
        if (settled && !settled->contains(key)) {
            missing.push_back(Record{key});
        }
    });
    return missing;
}

}  // namespace

void list_id(std::string& ids, UserId user) {
    list_name(ids, name_of(user));
}

void list_id(std::string& ids, const InfoHash& info_hash) {
    list_name(ids, text::hex(info_hash.bytes));
}

void list_id(std::string& ids, const PeerIdPrefix& prefix) {
    list_name(ids, text::hex(std::span(prefix.bytes).first(prefix.size)));
}

void list_id(std::string& ids, const TokenRecord& token) {
    list_name(ids, name_of(token.user) + "/" + text::hex(token.info_hash.bytes));
}

void RosterTables::begin_site_load() noexcept {
    const std::lock_guard lock(changes_);
    seen_.emplace(keyed_);
}

void RosterTables::end_site_load() noexcept {
    const std::lock_guard lock(changes_);
    seen_.reset();
}

bool RosterTables::has_seen_all() noexcept {
    const std::lock_guard lock(changes_);
    return seen_ && seen_->is_whole();
}

/// A user without a passkey is known by the number alone.
Difference RosterTables::difference(const UserRecord& user) const noexcept {
    const auto passkey = passkeys_.find(user.id);
    if (!passkey) {
        return Difference::added;
    }
    if (passkey->view() != user.passkey.view()) {
        return Difference::changed;
    }
    if (passkey->view().empty()) {
        return Difference::none;
    }
    const auto known = users_.find(*passkey);
    const bool is_same = known && known->id == user.id && known->flags == user.flags &&
                         known->up_multiplier == user.up_multiplier &&
                         known->down_multiplier == user.down_multiplier;
    return is_same ? Difference::none : Difference::changed;
}

/// Snatches are counted here and at the site: theirs differ whenever one was counted.
Difference RosterTables::difference(const TorrentRecord& torrent) const noexcept {
    const auto known = torrents_.find(torrent.info_hash);
    if (!known) {
        return Difference::added;
    }
    const bool is_same = known->id == torrent.id && known->freeleech == torrent.freeleech &&
                         known->up_multiplier == torrent.up_multiplier &&
                         known->down_multiplier == torrent.down_multiplier;
    if (!is_same) {
        return Difference::changed;
    }
    return known->snatches == torrent.snatches ? Difference::none : Difference::unremarkable;
}

Difference RosterTables::difference(const ClientRecord& client) const noexcept {
    return has_client(client.prefix) ? Difference::none : Difference::added;
}

Difference RosterTables::difference(const TokenRecord& token) const noexcept {
    return has_token(token.user, token.info_hash) ? Difference::none : Difference::added;
}

template <class Record>
News<Record> RosterTables::see(std::span<const Record> records) {
    News<Record> news;
    const std::lock_guard lock(changes_);
    for (const Record& record : records) {
        if (!seen_ || !seen_->add(key_of(record))) {
            continue;
        }
        const Difference found = difference(record);
        if (found == Difference::none) {
            continue;
        }
        news.records.push_back(record);
        if (found != Difference::unremarkable) {
            ++(found == Difference::added ? news.added : news.changed);
            news.told.push_back(record);
        }
    }
    return news;
}

template News<UserRecord> RosterTables::see(std::span<const UserRecord>);
template News<TorrentRecord> RosterTables::see(std::span<const TorrentRecord>);
template News<ClientRecord> RosterTables::see(std::span<const ClientRecord>);
template News<TokenRecord> RosterTables::see(std::span<const TokenRecord>);

std::vector<UserId> RosterTables::unseen_users(std::size_t piece) {
    const std::lock_guard lock(changes_);
    return unseen_of<UserId>(passkeys_, piece, seen_);
}

std::vector<TorrentErasure> RosterTables::unseen_torrents(std::size_t piece) {
    const std::lock_guard lock(changes_);
    return unseen_of<TorrentErasure>(torrents_, piece, seen_);
}

std::vector<TokenRecord> RosterTables::unseen_tokens(std::size_t piece) {
    const std::lock_guard lock(changes_);
    return unseen_of<TokenRecord>(tokens_, piece, seen_);
}

std::vector<PeerIdPrefix> RosterTables::unseen_clients(std::span<const ClientRecord> kept) {
    const std::lock_guard lock(changes_);
    const std::shared_lock reading(clients_mutex_);
    std::vector<PeerIdPrefix> missing;
    for (const ClientRecord& client : clients_.records()) {
        const bool is_kept =
            std::ranges::find(kept, client.prefix, &ClientRecord::prefix) != kept.end();
        if (seen_ && !is_kept && !seen_->contains(client.prefix)) {
            missing.push_back(client.prefix);
        }
    }
    return missing;
}

template <class Record>
std::vector<Record> RosterTables::still_unseen(std::span<const Record> missing) {
    std::vector<Record> unseen;
    const std::lock_guard lock(changes_);
    std::ranges::copy_if(missing, std::back_inserter(unseen), [&](const Record& record) {
        return seen_ && !seen_->contains(key_of(record));
    });
    return unseen;
}

template std::vector<UserId> RosterTables::still_unseen(std::span<const UserId>);
template std::vector<TorrentErasure> RosterTables::still_unseen(std::span<const TorrentErasure>);
template std::vector<TokenRecord> RosterTables::still_unseen(std::span<const TokenRecord>);
template std::vector<PeerIdPrefix> RosterTables::still_unseen(std::span<const PeerIdPrefix>);

}  // namespace chihaya::logic
