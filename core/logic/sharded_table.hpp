#pragma once

/// @file sharded_table.hpp
/// A hash table in pieces, each with its own lock, so that millions of entries are read by all
/// workers while some are written.

#include "core/base/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <type_traits>

namespace chihaya::logic {

/// Shape:  `Key` has no padding and compares as its bytes do; `Value` is cheap to copy
/// Thread: any; a look-up waits for a change of the same piece only
/// Cost:   all members constant, except `size`
template <class Key, class Value>
class ShardedTable {
    static_assert(std::has_unique_object_representations_v<Key>);
    static_assert(std::is_trivially_copyable_v<Value>);

public:
    [[nodiscard]] std::optional<Value> find(const Key& key) const noexcept {
        const Shard& shard = shard_of(key);
        const std::shared_lock lock(shard.mutex);
        const auto found = shard.entries.find(key);
        return found == shard.entries.end() ? std::nullopt : std::optional<Value>(found->second);
    }

    [[nodiscard]] bool contains(const Key& key) const noexcept {
        const Shard& shard = shard_of(key);
        const std::shared_lock lock(shard.mutex);
        return shard.entries.contains(key);
    }

    /// Errors: throws std::bad_alloc; then nothing has changed
    void put(const Key& key, const Value& value) {
        Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        shard.entries.insert_or_assign(key, value);
    }

    void erase(const Key& key) noexcept {
        Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        shard.entries.erase(key);
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const Shard& shard : shards_) {
            const std::shared_lock lock(shard.mutex);
            sum += shard.entries.size();
        }
        return sum;
    }

private:
    static constexpr std::size_t shard_count = 64;

    /// Each shard has a key of its own: its entries share the bits that chose the shard.
    struct Hash {
        KeyedHash keyed;
        std::size_t operator()(const Key& key) const noexcept { return keyed(bytes_of(key)); }
    };
    struct alignas(64) Shard {
        mutable std::shared_mutex mutex;
        boost::unordered_flat_map<Key, Value, Hash> entries;
    };

    static std::span<const std::uint8_t> bytes_of(const Key& key) noexcept {
        return {static_cast<const std::uint8_t*>(static_cast<const void*>(&key)), sizeof(Key)};
    }
    const Shard& shard_of(const Key& key) const noexcept {
        return shards_[choose_(bytes_of(key)) % shard_count];
    }
    Shard& shard_of(const Key& key) noexcept {
        return shards_[choose_(bytes_of(key)) % shard_count];
    }

    KeyedHash choose_;
    std::array<Shard, shard_count> shards_;
};

}  // namespace chihaya::logic
