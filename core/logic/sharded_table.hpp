#pragma once

/// @file sharded_table.hpp
/// A hash table in pieces, each with its own lock, so that millions of entries are read by all
/// workers while some are written.

#include "core/base/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace chihaya::logic {

/// Shape:  `Key` has no padding and compares as its bytes do; `Value` is cheap to copy
/// Thread: any; a look-up waits for a change of the same piece only
/// Cost:   all members constant, except `size` and `for_each_key`
template <class Key, class Value>
class ShardedTable {
    static_assert(std::has_unique_object_representations_v<Key>);
    static_assert(std::is_trivially_copyable_v<Value>);

public:
    static constexpr std::size_t piece_count = 64;

    ShardedTable() {
        for (Shard& shard : shards_) {
            shard.entries = Entries(0, hash_);
        }
    }

    [[nodiscard]] std::optional<Value> find(const Key& key) const noexcept {
        const Hashed hashed{key, hash_(key)};
        const Shard& shard = shards_[hashed.hash % piece_count];
        const std::shared_lock lock(shard.mutex);
        const auto found = shard.entries.find(hashed);
        return found == shard.entries.end() ? std::nullopt : std::optional<Value>(found->second);
    }

    [[nodiscard]] bool contains(const Key& key) const noexcept {
        const Hashed hashed{key, hash_(key)};
        const Shard& shard = shards_[hashed.hash % piece_count];
        const std::shared_lock lock(shard.mutex);
        return shard.entries.contains(hashed);
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

    /// Shows every key to `visit`, one piece after the other, each as it is at that moment.
    /// Errors: what `visit` throws, which must not use the table
    template <class Visit>
    void for_each_key(Visit visit) const {
        for (std::size_t piece = 0; piece < piece_count; ++piece) {
            for_each_key_in(piece, visit);
        }
    }

    /// The same for one piece: a key is always in the same one.
    template <class Visit>
    void for_each_key_in(std::size_t piece, Visit visit) const {
        const Shard& shard = shards_[piece];
        const std::shared_lock lock(shard.mutex);
        for (const auto& entry : shard.entries) {
            visit(entry.first);
        }
    }

    /// Up to `limit` keys that come after `after`, in an order of this table's own that does not
    /// change. Whoever goes on from the last key is shown a key that stays exactly once; one that
    /// comes or goes meanwhile, once or not at all.
    /// Cost: that of a piece or two beyond what is returned, which are copied under their lock
    /// Errors: std::bad_alloc
    template <class Less>
    [[nodiscard]] std::vector<Key> keys_after(const std::optional<Key>& after, std::size_t limit,
                                              Less less) const {
        std::vector<Key> keys;
        const std::size_t first = after ? hash_(*after) % piece_count : 0;
        for (std::size_t piece = first; piece < piece_count && keys.size() < limit; ++piece) {
            const auto begin = static_cast<std::ptrdiff_t>(keys.size());
            for_each_key_in(piece, [&](const Key& key) {
                if (!after || piece != first || less(*after, key)) {
                    keys.push_back(key);
                }
            });
            std::sort(keys.begin() + begin, keys.end(), less);
        }
        keys.resize(std::min(keys.size(), limit));
        return keys;
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const Shard& shard : shards_) {
            const std::shared_lock lock(shard.mutex);
            sum += shard.entries.size();
        }
        return sum;
    }

    /// The memory that its entries take, about.
    [[nodiscard]] std::size_t bytes() const noexcept {
        constexpr std::size_t slot = sizeof(std::pair<const Key, Value>) + 1;
        std::size_t sum = sizeof(ShardedTable);
        for (const Shard& shard : shards_) {
            const std::shared_lock lock(shard.mutex);
            sum += shard.entries.bucket_count() * slot;
        }
        return sum;
    }

private:
    /// A key whose hash is known: it is needed for the shard and again inside it.
    struct Hashed {
        const Key& key;
        std::size_t hash;
    };
    struct Hash {
        using is_transparent = void;
        KeyedHash keyed;
        std::size_t operator()(const Key& key) const noexcept {
            return keyed(
                {static_cast<const std::uint8_t*>(static_cast<const void*>(&key)), sizeof(Key)});
        }
        std::size_t operator()(const Hashed& hashed) const noexcept { return hashed.hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Key& left, const Key& right) const noexcept { return left == right; }
        bool operator()(const Hashed& left, const Key& right) const noexcept {
            return left.key == right;
        }
        bool operator()(const Key& left, const Hashed& right) const noexcept {
            return left == right.key;
        }
    };
    using Entries = boost::unordered_flat_map<Key, Value, Hash, Equal>;
    struct alignas(64) Shard {
        mutable std::shared_mutex mutex;
        Entries entries;
    };

    Shard& shard_of(const Key& key) noexcept { return shards_[hash_(key) % piece_count]; }

    Hash hash_;
    std::array<Shard, piece_count> shards_;
};

}  // namespace chihaya::logic
