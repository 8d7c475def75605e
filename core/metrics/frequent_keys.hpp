#pragma once

/// @file frequent_keys.hpp
/// Which keys of a long stream come most often, in a fixed piece of memory.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace chihaya::metrics {

/// Space-Saving in small sets: a key belongs to the set that its hash names, and there takes the
/// place of the rarest one, whose count it inherits as its error, when all are taken.
///
/// What is found has been added `count` times at most and `count - error` times at least. A key
/// that makes up more than 1/`ways` of what is added to its set is found for certain; with a keyed
/// hash nobody can choose who shares a set with whom.
///
/// Shape:  a key compares as its bytes do
/// Cost:   one set is looked through: a few cache lines
/// Limits: sets * ways keys
/// Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements"
template <class Key, std::size_t sets, std::size_t ways = 8>
class FrequentKeys {
    static_assert((sets & (sets - 1)) == 0);

public:
    struct Entry {
        Key key{};
        std::uint32_t count = 0;  // 0: nobody is here
        std::uint32_t error = 0;  // so much of `count` may be others'
    };

    void add(const Key& key, std::uint64_t hash, std::uint32_t weight) noexcept {
        auto& set = entries_[hash & (sets - 1)];
        Entry* rarest = set.data();
        for (Entry& entry : set) {
            if (entry.count != 0 && entry.key == key) {
                entry.count += weight;
                return;
            }
            if (entry.count < rarest->count) {
                rarest = &entry;
            }
        }
        *rarest = {key, rarest->count + weight, rarest->count};
    }

    void clear() noexcept { entries_ = {}; }

    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& set : entries_) {
            for (const Entry& entry : set) {
                if (entry.count != 0) {
                    visit(entry);
                }
            }
        }
    }

private:
    std::array<std::array<Entry, ways>, sets> entries_{};
};

}  // namespace chihaya::metrics
