#pragma once

/// @file settled.hpp
/// Which records are known to be as they shall be, while the whole registry is loaded.

#include "core/base/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace chihaya::logic {

/// A set of keys of any kind that keeps eight bytes of each.
/// Limits: two of a billion billion keys may be taken for one; then a record stays that could go
class Settled {
public:
    explicit Settled(const KeyedHash& keyed) noexcept : keyed_(keyed) {}

    /// Returns: whether it is new. When memory has run out nothing is, and `is_whole` says so.
    template <class Key>
    bool add(const Key& key) noexcept {
        try {
            return hashes_.insert(hash(key)).second;
        } catch (const std::bad_alloc&) {
            is_whole_ = false;
            return true;
        }
    }

    template <class Key>
    [[nodiscard]] bool contains(const Key& key) const noexcept {
        return hashes_.contains(hash(key));
    }

    [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }

private:
    struct AsItIs {
        using is_avalanching = void;
        std::size_t operator()(std::uint64_t hash) const noexcept { return hash; }
    };

    template <class Key>
    [[nodiscard]] std::uint64_t hash(const Key& key) const noexcept {
        static_assert(std::has_unique_object_representations_v<Key>);
        return keyed_(
            {static_cast<const std::uint8_t*>(static_cast<const void*>(&key)), sizeof(Key)});
    }

    const KeyedHash keyed_;
    boost::unordered_flat_set<std::uint64_t, AsItIs> hashes_;
    bool is_whole_ = true;
};

}  // namespace chihaya::logic
