#pragma once

/// @file keyed_hash.hpp
/// A hash for tables whose keys strangers choose: info-hashes, passkeys, peer ids. Without the key
/// nobody can pick entries that collide.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

namespace chihaya {

/// SipHash-1-3.
///
/// Shape:  the value depends on the key and on the machine's byte order: never stored, never sent
/// Thread: any; immutable
/// Cost:   about 20 ns for 20 bytes
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF"; one compression and three
///         finalisation rounds are what hash tables use
class KeyedHash {
public:
    /// With a key from the system.
    KeyedHash() {
        std::random_device device;
        for (auto& half : key_) {
            half = (std::uint64_t{device()} << 32U) ^ device();
        }
    }
    explicit constexpr KeyedHash(std::array<std::uint64_t, 2> key) noexcept : key_(key) {}

    [[nodiscard]] std::uint64_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        State state(key_);
        const std::uint8_t* next = bytes.data();
        std::size_t rest = bytes.size();
        for (; rest >= 8; rest -= 8, next += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, next, 8);
            state.absorb(word);
        }
        std::uint64_t last = 0;
        if (rest != 0) {
            std::memcpy(&last, next, rest);
        }
        state.absorb(last | (std::uint64_t{bytes.size()} << 56U));
        return state.finish();
    }

private:
    struct State {
        explicit State(const std::array<std::uint64_t, 2>& key) noexcept
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
            round();
            v0 ^= word;
        }
        [[nodiscard]] std::uint64_t finish() noexcept {
            v2 ^= 0xffU;
            round();
            round();
            round();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        std::uint64_t v0;
        std::uint64_t v1;
        std::uint64_t v2;
        std::uint64_t v3;
    };

    std::array<std::uint64_t, 2> key_{};
};

}  // namespace chihaya
