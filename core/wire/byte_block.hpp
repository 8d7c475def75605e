#pragma once

/// @file byte_block.hpp
/// Sixteen bytes of a text, looked through at once: no branch for each of them, and none that
/// guesses wrong where a word ends.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chihaya::wire {

/// Sets of bytes are numbers here: bit i is byte i of the block.
class ByteBlock final {
public:
    static constexpr std::size_t size = 16;

    /// The first of `left` bytes at `at`; as many as there are.
    ByteBlock(const char* at, std::size_t left) noexcept
        : bytes_(left >= size ? load(at) : load_part(at, left)) {}

    /// Those that are one of `set`, which has no zero byte.
    template <char... set>
    [[nodiscard]] std::uint32_t find() const noexcept {
#if defined(__SSE2__)
        __m128i hits = _mm_setzero_si128();
        ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(set)))), ...);
        return static_cast<std::uint32_t>(_mm_movemask_epi8(hits));
#else
        std::uint32_t hits = 0;
        for (std::size_t i = 0; i < size; ++i) {
            hits |= std::uint32_t{((bytes_[i] == set) || ...)} << i;
        }
        return hits;
#endif
    }

private:
#if defined(__SSE2__)
    using Bytes = __m128i;
    static Bytes load(const char* at) noexcept {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    }
#else
    using Bytes = std::array<char, size>;
    static Bytes load(const char* at) noexcept {
        Bytes bytes{};
        std::memcpy(bytes.data(), at, size);
        return bytes;
    }
#endif

    static Bytes load_part(const char* at, std::size_t left) noexcept {
        std::array<char, size> part{};
        std::memcpy(part.data(), at, left);
        return load(part.data());
    }

    Bytes bytes_;
};

/// All below the first of `found`; all when there is none.
[[nodiscard]] constexpr std::uint32_t before_first(std::uint32_t found) noexcept {
    return (found & (~found + 1)) - 1;
}

}  // namespace chihaya::wire
