#pragma once

/// @file random.hpp
/// Random numbers for spreading load. Not for secrets.

#include <array>
#include <bit>
#include <cstdint>
#include <random>

namespace chihaya::logic {

/// xoshiro256**: four words of state, under a nanosecond a number.
/// Thread: one
class Random {
public:
    Random() {
        std::random_device entropy;
        for (std::uint64_t& word : state_) {
            word = (std::uint64_t{entropy()} << 32U) | entropy() | 1U;
        }
    }

    [[nodiscard]] std::uint64_t next() noexcept {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// Uniform in [0, bound). Bias: below bound / 2^32
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace chihaya::logic
