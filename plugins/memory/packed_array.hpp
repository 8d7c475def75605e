#pragma once

/// @file packed_array.hpp
/// An array that grows by small pieces of one size and never moves what it has, once it is larger
/// than a piece. Many arrays that grow side by side leave no holes in the heap, and growing one is
/// never much work.

#include "plugins/memory/heap.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

namespace chihaya::memory {

/// Lives inside records that are moved byte by byte and is therefore released by hand.
template <class Item, std::uint32_t piece>
class PackedArray {
    static_assert(std::is_trivially_copyable_v<Item> && std::has_single_bit(piece));

public:
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] Item& operator[](std::uint32_t at) noexcept { return *place(at); }
    [[nodiscard]] const Item& operator[](std::uint32_t at) const noexcept { return *place(at); }

    /// Makes room for one more. Small arrays are moved by it.
    /// Errors: std::bad_alloc; nothing has changed
    void reserve(Heap& heap) {
        if (size_ < capacity_) {
            return;
        }
        if (capacity_ < piece) {
            const std::uint32_t capacity = std::max(1U, capacity_ * 2);
            move_to(heap, heap.take(bytes(capacity)), capacity);
            return;
        }
        void* const added = heap.take(bytes(piece));
        if (std::has_single_bit(pieces())) {
            try {
                set_directory(heap, heap.take(room(2 * pieces())), pieces());
            } catch (const std::bad_alloc&) {
                heap.give_back(added, bytes(piece));
                throw;
            }
        }
        directory()[pieces()] = static_cast<Item*>(added);
        capacity_ += piece;
    }

    /// `reserve` was called before.
    Item& append(const Item& item) noexcept { return *new (place(size_++)) Item(item); }

    /// The last item takes the place of this one.
    void remove(std::uint32_t at) noexcept {
        --size_;
        if (at != size_) {
            *place(at) = *place(size_);
        }
    }

    /// Gives memory back when there is too much of it.
    void shrink(Heap& heap) noexcept {
        while (capacity_ > piece && size_ + 2 * piece <= capacity_) {
            if (!drop_piece(heap)) {
                return;
            }
        }
        while (capacity_ <= piece && capacity_ > 1 && size_ <= capacity_ / 4) {
            void* const memory = heap.try_take(bytes(capacity_ / 2));
            if (memory == nullptr) {
                return;
            }
            move_to(heap, memory, capacity_ / 2);
        }
    }

    void release(Heap& heap) noexcept {
        if (capacity_ <= piece) {
            heap.give_back(only(), bytes(capacity_));
        } else {
            for (std::uint32_t at = 0; at < pieces(); ++at) {
                heap.give_back(directory()[at], bytes(piece));
            }
            heap.give_back(directory(), room(std::bit_ceil(pieces())));
        }
        *this = {};
    }

private:
    static constexpr std::size_t bytes(std::uint32_t items) noexcept {
        return std::size_t{items} * sizeof(Item);
    }
    [[nodiscard]] std::uint32_t pieces() const noexcept { return capacity_ / piece; }

    [[nodiscard]] Item* place(std::uint32_t at) const noexcept {
        return capacity_ <= piece ? only() + at : directory()[at / piece] + at % piece;
    }

    void move_to(Heap& heap, void* memory, std::uint32_t capacity) noexcept {
        auto* const fresh = static_cast<Item*>(memory);
        std::uninitialized_copy_n(only(), size_, fresh);
        heap.give_back(only(), bytes(capacity_));
        block_ = fresh;
        capacity_ = capacity;
    }

    /// A directory has room for a power of two; a single piece needs none.
    static constexpr std::size_t room(std::uint32_t pieces) noexcept {
        return std::size_t{std::max(2U, pieces)} * sizeof(Item*);
    }

    /// Goes over from a directory for `old_pieces`, or from none for one.
    void set_directory(Heap& heap, void* memory, std::uint32_t old_pieces) noexcept {
        auto** const fresh = static_cast<Item**>(memory);
        if (old_pieces == 1) {
            fresh[0] = only();
        } else {
            std::copy_n(directory(), pieces(), fresh);
            heap.give_back(directory(), room(old_pieces));
        }
        block_ = fresh;
    }

    bool drop_piece(Heap& heap) noexcept {
        const std::uint32_t fewer = pieces() - 1;
        Item* const last = directory()[fewer];
        if (fewer == 1) {
            Item* const first = directory()[0];
            heap.give_back(directory(), room(2));
            block_ = first;
        } else if (std::has_single_bit(fewer)) {
            void* const memory = heap.try_take(room(fewer));
            if (memory == nullptr) {
                return false;
            }
            capacity_ -= piece;
            set_directory(heap, memory, 2 * fewer);
            heap.give_back(last, bytes(piece));
            return true;
        }
        capacity_ -= piece;
        heap.give_back(last, bytes(piece));
        return true;
    }

    [[nodiscard]] Item* only() const noexcept { return static_cast<Item*>(block_); }
    [[nodiscard]] Item** directory() const noexcept { return static_cast<Item**>(block_); }

    void* block_ = nullptr;  // the items; from the second piece on, a directory of pieces
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
};

}  // namespace chihaya::memory
