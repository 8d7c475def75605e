#pragma once

/// @file histogram.hpp
/// Latencies counted in buckets whose width grows with the value.

#include <array>
#include <bit>
#include <cstdint>

namespace chihaya::bench {

/// Shape: 32 buckets to each power of two, so a quantile is at most 3 % too high
/// Units: nanoseconds
class Histogram {
public:
    void add(std::uint64_t nanoseconds) noexcept {
        ++buckets_.at(index(nanoseconds));
        ++count_;
        if (nanoseconds > max_)
            max_ = nanoseconds;
    }

    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

    /// The value below which `share` (0 to 1) of all values lie; 0 without values.
    [[nodiscard]] std::uint64_t quantile(double share) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_.at(i);
            if (seen > wanted)
                return upper_end(i) < max_ ? upper_end(i) : max_;
        }
        return max_;
    }

private:
    static constexpr unsigned sub_bits = 5;
    static constexpr std::uint64_t sub_count = 1U << sub_bits;

    static std::size_t index(std::uint64_t value) noexcept {
        if (value < sub_count)
            return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - sub_bits - 1;
        return (shift + 1) * sub_count + ((value >> shift) - sub_count);
    }

    static std::uint64_t upper_end(std::size_t bucket) noexcept {
        if (bucket < sub_count)
            return bucket;
        const std::size_t shift = bucket / sub_count - 1;
        return ((bucket % sub_count + sub_count + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - sub_bits + 1) * sub_count> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace chihaya::bench
