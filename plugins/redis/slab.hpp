#pragma once

/// @file slab.hpp
/// Places for what waits for a reply, found by number and used again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace chihaya::redis {

/// Thread: one
template <class T>
class Slab {
public:
    /// A place, with what was left there by whoever had it before.
    /// Errors: std::bad_alloc
    [[nodiscard]] std::uint32_t take() {
        if (free_.empty()) {
            free_.reserve(places_.size() + 1);
            places_.push_back(std::make_unique<T>());
            return static_cast<std::uint32_t>(places_.size() - 1);
        }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        return number;
    }
    void give_back(std::uint32_t number) noexcept { free_.push_back(number); }  // has the room
    [[nodiscard]] T& operator[](std::uint32_t number) noexcept { return *places_[number]; }

private:
    std::vector<std::unique_ptr<T>> places_;
    std::vector<std::uint32_t> free_;
};

}  // namespace chihaya::redis
