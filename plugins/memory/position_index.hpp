#pragma once

/// @file position_index.hpp
/// A hash table of small integers: where in some array does the thing with this hash lie?

#include "plugins/memory/heap.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace chihaya::memory {

inline constexpr std::uint32_t absent = 0xffffffff;

/// Open addressing, four bytes a place: eight bits of the hash and the position plus one. It knows
/// nothing of what it indexes; whoever owns the array says whether a position is the one sought.
///
/// It lives inside records that are moved byte by byte and is therefore released by hand.
class PositionIndex {
public:
    /// Positions are below this.
    static constexpr std::uint32_t positions_max = 0xfffffe;

    /// The position with `hash` for which `is` holds; `absent` when there is none.
    template <class Is>
    [[nodiscard]] std::uint32_t find(std::uint32_t hash, Is&& is) const {
        std::uint32_t found = absent;
        for_each(hash, [&](std::uint32_t position) {
            if (!is(position)) {
                return true;
            }
            found = position;
            return false;
        });
        return found;
    }

    /// Shows `visit` every position that may have `hash`, until it says false.
    template <class Visit>
    void for_each(std::uint32_t hash, Visit&& visit) const {
        if (table_ == nullptr) {
            return;
        }
        for (std::uint32_t place = hash & mask_; table_[place] != 0; place = next(place)) {
            if (tag(table_[place]) == tag(hash) && !visit(position_in(table_[place]))) {
                return;
            }
        }
    }

    /// Makes room for one more. `hash_at(position)` is the hash of what lies there.
    /// Errors: std::bad_alloc; nothing has changed
    template <class HashAt>
    void reserve(Heap& heap, HashAt&& hash_at) {
        if (table_ == nullptr) {
            adopt(heap, places_min, hash_at);
        } else if ((std::uint64_t{used_} + 1) * 5 > std::uint64_t{places()} * 4) {
            adopt(heap, places() * 2, hash_at);
        }
    }

    /// `reserve` was called before.
    void insert(std::uint32_t hash, std::uint32_t position) noexcept {
        ++used_;
        put(table_, mask_, hash, position);
    }

    void relocate(std::uint32_t hash, std::uint32_t from, std::uint32_t to) noexcept {
        table_[place_of(hash, from)] = entry(hash, to);
    }

    /// Takes out `position` and closes the gap.
    template <class HashAt>
    void erase(std::uint32_t hash, std::uint32_t position, HashAt&& hash_at) noexcept {
        std::uint32_t gap = place_of(hash, position);
        for (std::uint32_t place = next(gap); table_[place] != 0; place = next(place)) {
            const std::uint32_t home = hash_at(position_in(table_[place])) & mask_;
            if (((place - home) & mask_) >= ((place - gap) & mask_)) {
                table_[gap] = table_[place];
                gap = place;
            }
        }
        table_[gap] = 0;
        --used_;
    }

    /// Enters everything anew, because `hash_at` answers differently now.
    template <class HashAt>
    void rebuild(std::uint32_t count, HashAt&& hash_at) noexcept {
        std::memset(table_, 0, bytes(places()));
        for (std::uint32_t position = 0; position < count; ++position) {
            put(table_, mask_, hash_at(position), position);
        }
    }

    /// Gives memory back when there is far too much of it.
    template <class HashAt>
    void shrink(Heap& heap, HashAt&& hash_at) noexcept {
        if (places() <= places_min || used_ >= places() / 8) {
            return;
        }
        const std::uint32_t fewer = places() / 4;
        if (void* const memory = heap.try_take(bytes(fewer)); memory != nullptr) {
            move_to(heap, static_cast<std::uint32_t*>(memory), fewer, hash_at);
        }
    }

    void release(Heap& heap) noexcept {
        heap.give_back(table_, table_ == nullptr ? 0 : bytes(places()));
        *this = {};
    }

    [[nodiscard]] bool exists() const noexcept { return table_ != nullptr; }

    // For prefetching: where `hash` would be looked up.
    [[nodiscard]] const std::uint32_t* table() const noexcept { return table_; }
    [[nodiscard]] std::uint32_t mask() const noexcept { return mask_; }

private:
    static constexpr std::uint32_t places_min = 8;

    static constexpr std::uint32_t entry(std::uint32_t hash, std::uint32_t position) noexcept {
        return (hash & 0xff000000U) | (position + 1);
    }
    static constexpr std::uint32_t tag(std::uint32_t value) noexcept { return value >> 24U; }
    static constexpr std::uint32_t position_in(std::uint32_t entry) noexcept {
        return (entry & 0xffffffU) - 1;
    }
    static constexpr std::size_t bytes(std::uint32_t places) noexcept {
        return std::size_t{places} * sizeof(std::uint32_t);
    }

    [[nodiscard]] std::uint32_t places() const noexcept { return mask_ + 1; }
    [[nodiscard]] std::uint32_t next(std::uint32_t place) const noexcept {
        return (place + 1) & mask_;
    }
    [[nodiscard]] std::uint32_t place_of(std::uint32_t hash,
                                         std::uint32_t position) const noexcept {
        std::uint32_t place = hash & mask_;
        while (table_[place] != entry(hash, position)) {
            place = next(place);
        }
        return place;
    }

    static void put(std::uint32_t* table, std::uint32_t mask, std::uint32_t hash,
                    std::uint32_t position) noexcept {
        std::uint32_t place = hash & mask;
        while (table[place] != 0) {
            place = (place + 1) & mask;
        }
        table[place] = entry(hash, position);
    }

    template <class HashAt>
    void adopt(Heap& heap, std::uint32_t count, HashAt&& hash_at) {
        move_to(heap, static_cast<std::uint32_t*>(heap.take(bytes(count))), count, hash_at);
    }

    template <class HashAt>
    void move_to(Heap& heap, std::uint32_t* fresh, std::uint32_t count, HashAt&& hash_at) noexcept {
        std::memset(fresh, 0, bytes(count));
        for (std::uint32_t place = 0; table_ != nullptr && place < places(); ++place) {
            if (table_[place] != 0) {
                const std::uint32_t position = position_in(table_[place]);
                put(fresh, count - 1, hash_at(position), position);
            }
        }
        const std::uint32_t used = used_;
        release(heap);
        table_ = fresh;
        mask_ = count - 1;
        used_ = used;
    }

    std::uint32_t* table_ = nullptr;
    std::uint32_t mask_ = 0;
    std::uint32_t used_ = 0;
};

}  // namespace chihaya::memory
