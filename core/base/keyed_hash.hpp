#pragma once

/// @file keyed_hash.hpp
/// A hash for what strangers choose or would like to forge: keys of tables (info-hashes, passkeys,
/// peer ids) and connection ids. Without its key nobody can tell what it will be.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

namespace chihaya {

/// SipHash with so many rounds for each word, and so many at the end.
///
/// Shape:  the same on every machine
/// Thread: any; immutable
/// Cost:   about 20 ns for 20 bytes
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF"
template <int word_rounds, int last_rounds>
class SipHash {
public:
    using Key = std::array<std::uint64_t, 2>;  // of 16 bytes, the least significant first

    /// With a key from the system.
    SipHash() {
        std::random_device device;
        for (auto& half : key_) {
            half = (std::uint64_t{device()} << 32U) ^ device();
        }
    }
    explicit constexpr SipHash(const Key& key) noexcept : key_(key) {}

    [[nodiscard]] std::uint64_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        State state(key_);
        const std::uint8_t* next = bytes.data();
        std::size_t rest = bytes.size();
        for (; rest >= 8; rest -= 8, next += 8) {
            state.absorb(load(next, 8));
        }
        const std::uint64_t last = rest != 0 ? load(next, rest) : 0;
        state.absorb(last | (std::uint64_t{bytes.size()} << 56U));
        return state.finish();
    }

private:
    /// Up to eight bytes, the least significant first.
    static std::uint64_t load(const std::uint8_t* bytes, std::size_t size) noexcept {
        std::uint64_t word = 0;
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(&word, bytes, size);
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                word |= std::uint64_t{bytes[i]} << (8U * i);
            }
        }
        return word;
    }

    struct State {
        explicit State(const Key& key) noexcept
            : v0(key[0] ^ 0x736f6d6570736575U),
              v1(key[1] ^ 0x646f72616e646f6dU),
              v2(key[0] ^ 0x6c7967656e657261U),
              v3(key[1] ^ 0x7465646279746573U) {}

        void round() noexcept {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
        void absorb(std::uint64_t word) noexcept {
            v3 ^= word;
            for (int i = 0; i < word_rounds; ++i) {
                round();
            }
            v0 ^= word;
        }
        [[nodiscard]] std::uint64_t finish() noexcept {
            v2 ^= 0xffU;
            for (int i = 0; i < last_rounds; ++i) {
                round();
            }
            return v0 ^ v1 ^ v2 ^ v3;
        }

        std::uint64_t v0;
        std::uint64_t v1;
        std::uint64_t v2;
        std::uint64_t v3;
    };

    Key key_{};
};

/// For tables: one round for each word and three at the end are what hash tables use.
using KeyedHash = SipHash<1, 3>;

/// For what must not be forged.
using MessageCode = SipHash<2, 4>;

}  // namespace chihaya
