#pragma once

/// @file random.hpp
/// The dice of peer choice: fast and even. Nothing secret depends on them.

#include "plugins/memory/keyed_hash.hpp"

#include <cstdint>

namespace chihaya::memory {

/// wyrand. One per session.
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint32_t next() noexcept {
        state_ += 0xa0761d6478bd642fULL;
        return static_cast<std::uint32_t>(fold(state_, state_ ^ 0xe7037ed1a0b428dbULL));
    }

    /// Even over 0..bound-1 to within bound / 2^32. `bound` is at least 1.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * bound) >> 32U);
    }

private:
    std::uint64_t state_;
};

}  // namespace chihaya::memory
