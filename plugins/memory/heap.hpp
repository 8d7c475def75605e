#pragma once

/// @file heap.hpp
/// Where the driver's blocks come from, counted, so that its own figure of its size is honest.

#include <cstddef>
#include <new>

namespace chihaya::memory {

/// Thread: as the shard it belongs to
class Heap {
public:
    /// Errors: std::bad_alloc
    [[nodiscard]] void* take(std::size_t bytes) {
        void* const block = ::operator new(bytes);
        bytes_ += footprint(bytes);
        return block;
    }

    /// As `take`, but null when there is nothing.
    [[nodiscard]] void* try_take(std::size_t bytes) noexcept {
        void* const block = ::operator new(bytes, std::nothrow);
        bytes_ += block == nullptr ? 0 : footprint(bytes);
        return block;
    }

    void give_back(void* block, std::size_t bytes) noexcept {
        if (block != nullptr) {
            bytes_ -= footprint(bytes);
            ::operator delete(block);
        }
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    /// With what the usual allocators add: a header of eight bytes, rounded up to sixteen.
    static constexpr std::size_t footprint(std::size_t bytes) noexcept {
        return (bytes + 23) & ~std::size_t{15};
    }

    std::size_t bytes_ = 0;
};

}  // namespace chihaya::memory
