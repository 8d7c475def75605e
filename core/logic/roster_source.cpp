#include "core/logic/roster_source.hpp"

#include "core/logic/roster_tables.hpp"

#include <exception>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

namespace chihaya::logic {
namespace {

// Shown at once: some hundred kilobytes.
constexpr std::size_t at_once = 1000;

/// Shows `table`, piece by piece, as records that `record` makes of a key and its value.
template <class Key, class Value, class Record, class Put>
Status show_table(const ShardedTable<Key, Value>& table, Record record, Put put) {
    using Made = decltype(record(std::declval<Key>(), std::declval<Value>()));
    std::vector<Key> keys;
    std::vector<Made> records;
    const auto add = [&](const Key& key) {
        if (const auto value = table.find(key)) {
            records.push_back(record(key, *value));
        }
    };
    for (std::size_t piece = 0; piece < ShardedTable<Key, Value>::piece_count; ++piece) {
        keys.clear();
        table.for_each_key_in(piece, [&](const Key& key) { keys.push_back(key); });
        for (auto key = keys.begin(); key != keys.end();) {
            records.clear();
            for (; key != keys.end() && records.size() < at_once; ++key) {
                add(*key);
            }
            const Status taken = records.empty() ? Status{} : put(std::span<const Made>(records));
            if (!taken.ok()) {
                return taken;
            }
        }
    }
    return {};
}

}  // namespace

Status RosterTables::show(RegistrySink& sink) const {
    const auto itself = [](const auto& /*key*/, const auto& value) {
        return value;
    };
    Status shown = show_table(users_, itself, [&](auto some) { return sink.put_users(some); });
    if (shown.ok()) {
        shown = show_table(torrents_, itself, [&](auto some) { return sink.put_torrents(some); });
    }
    if (shown.ok()) {
        shown = show_table(
            tokens_, [](const TokenRecord& token, Nothing /*none*/) { return token; },
            [&](auto some) { return sink.put_tokens(some); });
    }
    if (!shown.ok()) {
        return shown;
    }
    std::vector<ClientRecord> clients;
    {
        const std::shared_lock reading(clients_mutex_);
        clients = clients_.records();
    }
    return clients.empty() ? Status{} : sink.put_clients(clients);
}

Status Roster::show(RegistrySink& sink) const noexcept {
    try {
        return tables_->show(sink);
    } catch (const std::exception&) {
        return {StatusCode::unavailable, "out of memory"};
    }
}

void RosterSource::open(const Roster& roster) {
    const std::lock_guard lock(mutex_);
    roster_ = &roster;
}

void RosterSource::close() {
    const std::lock_guard lock(mutex_);
    roster_ = nullptr;
}

Status RosterSource::read(RegistrySink& sink) noexcept {
    const std::lock_guard lock(mutex_);
    return roster_ == nullptr ? Status{StatusCode::unavailable, "there is no registry yet"}
                              : roster_->show(sink);
}

}  // namespace chihaya::logic
