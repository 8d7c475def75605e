#include "core/logic/roster_tables.hpp"

#include <exception>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

namespace chihaya::logic {
namespace {

// Written at once: nobody else's change waits for more.
constexpr std::size_t at_once = 1000;

/// Writes `table`, as records that `record` makes of a key and its value. A record that is erased
/// meanwhile is left out.
template <class Key, class Value, class Record, class Write>
Status put_table(const ShardedTable<Key, Value>& table, Turnstile& turn, Record record,
                 Write write) {
    std::vector<Key> keys;
    {
        const std::lock_guard lock(turn);  // what is written through now is published by then
        table.for_each_key([&](const Key& key) { keys.push_back(key); });
    }
    std::vector<decltype(record(keys.front(), *table.find(keys.front())))> records;
    for (auto key = keys.begin(); key != keys.end();) {
        const std::lock_guard lock(turn);
        records.clear();
        for (; key != keys.end() && records.size() < at_once; ++key) {
            if (const auto value = table.find(*key)) {
                records.push_back(record(*key, *value));
            }
        }
        const Status written =
            records.empty() ? Status{} : write(std::span(std::as_const(records)));
        if (!written.ok()) {
            return written;
        }
    }
    return {};
}

}  // namespace

Status RosterTables::put_back(TrackerDriver& driver, Turnstile& turn) const noexcept {
    try {
        const auto itself = [](const auto& /*key*/, const auto& value) {
            return value;
        };
        Status put = put_table(users_, turn, itself,
                               [&](auto records) { return driver.put_users(records); });
        if (put.ok()) {
            put = put_table(torrents_, turn, itself,
                            [&](auto records) { return driver.put_torrents(records); });
        }
        if (put.ok()) {
            put = put_table(
                tokens_, turn, [](const TokenRecord& token, Nothing /*none*/) { return token; },
                [&](auto records) { return driver.put_tokens(records); });
        }
        if (!put.ok()) {
            return put;
        }
        const std::lock_guard lock(turn);
        std::vector<ClientRecord> clients;
        {
            const std::shared_lock reading(clients_mutex_);
            clients = clients_.records();
        }
        return clients.empty() ? Status{} : driver.put_clients(clients);
    } catch (const std::exception&) {
        return {StatusCode::unavailable, "out of memory"};
    }
}

}  // namespace chihaya::logic
