#pragma once

/// @file recent.hpp
/// Records of one kind that were changed lately, by key.

#include "chihaya/types.hpp"
#include "plugins/gazelle/limits.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <utility>

namespace chihaya::gazelle {

/// The oldest is forgotten for the newest when there are too many.
/// Thread: one at a time
template <class Key, class Record, class Hash>
class Recent {
public:
    struct Change {
        Key key{};
        std::optional<Record> record{};  // nothing: it was erased
        Time at{};
        std::uint64_t shown_by = 0;  // the last load that had it
    };

    explicit Recent(std::size_t most) : most_(most) {}

    /// Errors: std::bad_alloc; then the key's earlier change may be forgotten, too
    void remember(const Key& key, const std::optional<Record>& record, Time at) {
        forget(key);
        changes_.push_back({key, record, at});
        try {
            places_.emplace(key, std::prev(changes_.end()));
        } catch (...) {
            changes_.pop_back();
            throw;
        }
        if (changes_.size() > most_) {
            forget(Key(changes_.front().key));
        }
    }

    void forget(const Key& key) noexcept {
        const auto place = places_.find(key);
        if (place != places_.end()) {
            changes_.erase(place->second);
            places_.erase(place);
        }
    }

    /// Null: it was not changed lately. Lifetime: until it is forgotten
    [[nodiscard]] Change* find(const Key& key) noexcept {
        const auto place = places_.find(key);
        return place == places_.end() ? nullptr : &*place->second;
    }

    /// Forgets those for which `is_over(change)`.
    template <class IsOver>
    void prune(IsOver is_over) noexcept {
        for (auto change = changes_.begin(); change != changes_.end();) {
            const auto next = std::next(change);
            if (is_over(*change)) {
                places_.erase(change->key);
                changes_.erase(change);
            }
            change = next;
        }
    }

    /// Oldest first.
    [[nodiscard]] const std::list<Change>& all() const noexcept { return changes_; }

private:
    using Changes = std::list<Change>;

    const std::size_t most_;
    Changes changes_;
    boost::unordered_flat_map<Key, typename Changes::iterator, Hash> places_;
};

}  // namespace chihaya::gazelle
