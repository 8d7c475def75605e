#pragma once

/// @file handler_memory.hpp
/// Room for one pending asynchronous operation, so that waiting for a socket allocates nothing.

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace chihaya::net {

/// Holds the state of at most one operation at a time; a second one falls back to the heap.
/// Lifetime: outlives the operation
class HandlerMemory {
public:
    HandlerMemory() = default;
    ~HandlerMemory() = default;
    HandlerMemory(const HandlerMemory&) = delete;
    HandlerMemory& operator=(const HandlerMemory&) = delete;

    void* allocate(std::size_t size) {
        if (!taken_ && size <= room_.size()) {
            taken_ = true;
            return room_.data();
        }
        return ::operator new(size);
    }
    void deallocate(void* memory) noexcept {
        if (memory == room_.data()) {
            taken_ = false;
        } else {
            ::operator delete(memory);
        }
    }

private:
    // Asio's wait operation with a handler of two pointers takes 104 bytes.
    alignas(std::max_align_t) std::array<std::byte, 160> room_{};
    bool taken_ = false;
};

/// The allocator form of a HandlerMemory, as Asio asks for it.
template <class T>
class HandlerAllocator {
public:
    using value_type = T;  // NOLINT(readability-identifier-naming): the standard's name

    explicit HandlerAllocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): allocators convert
    HandlerAllocator(const HandlerAllocator<U>& other) noexcept : memory_(other.memory_) {}

    T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
    void deallocate(T* pointer, std::size_t /*count*/) noexcept { memory_->deallocate(pointer); }

    template <class U>
    bool operator==(const HandlerAllocator<U>& other) const noexcept {
        return memory_ == other.memory_;
    }

private:
    template <class U>
    friend class HandlerAllocator;
    HandlerMemory* memory_;
};

/// `function` with its operation's state in `memory`.
template <class Function>
class MemoryHandler {
public:
    using allocator_type =  // NOLINT(readability-identifier-naming): Asio's name
        HandlerAllocator<std::byte>;

    MemoryHandler(HandlerMemory& memory, Function function)
        : memory_(&memory), function_(std::move(function)) {}

    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }

    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
        function_(std::forward<Arguments>(arguments)...);
    }

private:
    HandlerMemory* memory_;
    Function function_;
};

}  // namespace chihaya::net
