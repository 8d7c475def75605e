#pragma once

/// @file random.hpp
/// The dice of peer choice: fast and even. Nothing secret depends on them.

#include "plugins/memory/keyed_hash.hpp"

#include <cstdint>

namespace chihaya::memory {

/// A short run of dice that is cheaper still: the same steps from a place that is drawn anew.
/// Source: Steele and Vigna, "Computationally easy, spectrally good multipliers" (a linear
///         congruence of 64 bits, of which the high half is used)
class RandomRun {
public:
    explicit RandomRun(std::uint64_t seed) noexcept : state_(seed) {}

    /// As `Random::below`.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
        state_ = state_ * 0xd1342543de82ef95ULL + 0x9e3779b97f4a7c15ULL;  // the high half is good
        return static_cast<std::uint32_t>(((state_ >> 32U) * bound) >> 32U);
    }

private:
    std::uint64_t state_;
};

/// wyrand. One per session.
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    [[nodiscard]] std::uint32_t next() noexcept { return static_cast<std::uint32_t>(draw()); }

    [[nodiscard]] RandomRun run() noexcept { return RandomRun(draw()); }

    /// Even over 0..bound-1 to within bound / 2^32. `bound` is at least 1.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * bound) >> 32U);
    }

private:
    std::uint64_t draw() noexcept {
        state_ += 0xa0761d6478bd642fULL;
        return fold(state_, state_ ^ 0xe7037ed1a0b428dbULL);
    }

    std::uint64_t state_;
};

}  // namespace chihaya::memory
