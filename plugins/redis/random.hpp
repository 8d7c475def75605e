#pragma once

/// @file random.hpp
/// Dice for choosing peers: fast, seeded by the system, no secret.

#include <cstdint>
#include <random>

namespace chihaya::redis {

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (splitmix64)
class Random {
public:
    Random() {
        std::random_device device;
        state_ = (std::uint64_t{device()} << 32U) | device();
    }

    std::uint64_t next() noexcept {
        std::uint64_t value = state_ += 0x9e3779b97f4a7c15U;
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
        return value ^ (value >> 31U);
    }

    /// 0 to `bound` - 1; `bound` is at least 1.
    std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }

private:
    std::uint64_t state_ = 0;
};

}  // namespace chihaya::redis
