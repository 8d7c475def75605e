#pragma once

/// @file peer_hash.hpp
/// Which page of a swarm a peer belongs to: a keyed hash, because addresses and peer ids are chosen
/// by clients, and a page that one of them filled would be slow for everybody.

#include "chihaya/announce.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace chihaya::redis {

/// The key that all trackers of one prefix share.
struct HashSecret {
    std::array<std::uint64_t, 2> words{};
    friend bool operator==(const HashSecret&, const HashSecret&) = default;
};

/// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (SipHash-1-3)
[[nodiscard]] inline std::uint16_t peer_hash(const HashSecret& secret,
                                             const PeerKey& key) noexcept {
    std::uint64_t v0 = secret.words[0] ^ 0x736f6d6570736575U;
    std::uint64_t v1 = secret.words[1] ^ 0x646f72616e646f6dU;
    std::uint64_t v2 = secret.words[0] ^ 0x6c7967656e657261U;
    std::uint64_t v3 = secret.words[1] ^ 0x7465646279746573U;
    const auto round = [&] {
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
    };
    std::array<std::uint8_t, 32> padded{};
    std::memcpy(padded.data(), key.bytes.data(), key.bytes.size());
    padded[31] = sizeof key.bytes;
    for (std::size_t at = 0; at < padded.size(); at += 8) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < 8; ++i) {  // the same on machines of any byte order
            word |= std::uint64_t{padded[at + i]} << (8 * i);
        }
        v3 ^= word;
        round();
        v0 ^= word;
    }
    v2 ^= 0xffU;
    round();
    round();
    round();
    return static_cast<std::uint16_t>(v0 ^ v1 ^ v2 ^ v3);
}

}  // namespace chihaya::redis
