#pragma once

/// @file keyed_hash.hpp
/// A hash under a secret key. Clients choose info-hashes, ports and halves of IPv6 addresses: with
/// a known hash they could choose them so that everything falls into one place of a table.

#include "chihaya/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace chihaya::memory {

/// Multiply and fold, as wyhash does: two words in, one out, every input bit in every output bit.
[[nodiscard]] constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
#else
    const std::uint64_t a_low = a & 0xffffffffU;
    const std::uint64_t a_high = a >> 32U;
    const std::uint64_t b_low = b & 0xffffffffU;
    const std::uint64_t b_high = b >> 32U;
    const std::uint64_t low = a_low * b_low;
    const std::uint64_t middle_one = a_high * b_low + (low >> 32U);
    const std::uint64_t middle_two = a_low * b_high + (middle_one & 0xffffffffU);
    const std::uint64_t high = a_high * b_high + (middle_one >> 32U) + (middle_two >> 32U);
    return ((middle_two << 32U) | (low & 0xffffffffU)) ^ high;
#endif
}

/// The key of one process, drawn anew at every start.
class HashSecret {
public:
    /// Draws a key from the operating system.
    HashSecret();

    [[nodiscard]] std::uint64_t hash(const InfoHash& info_hash) const noexcept {
        return of_twenty(info_hash.bytes.data());
    }
    [[nodiscard]] std::uint32_t hash(const Ipv4Endpoint& endpoint) const noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, endpoint.wire.data(), endpoint.wire.size());
        return shorten(fold(word ^ key_[0], key_[1]));
    }
    [[nodiscard]] std::uint32_t hash(const Ipv6Endpoint& endpoint) const noexcept {
        std::uint16_t port = 0;
        std::memcpy(&port, endpoint.wire.data() + 16, sizeof port);
        return shorten(fold(two_words(endpoint.wire.data()) ^ port ^ key_[2], key_[3]));
    }
    [[nodiscard]] std::uint32_t hash(std::uint64_t user) const noexcept {
        return shorten(fold(user ^ key_[0], key_[3]));
    }
    [[nodiscard]] std::uint32_t hash(std::uint64_t user, const PeerId& id) const noexcept {
        return shorten(fold(of_twenty(id.bytes.data()) ^ user, key_[3]));
    }

private:
    [[nodiscard]] static std::uint64_t word_at(const std::uint8_t* bytes) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, sizeof word);
        return word;
    }
    [[nodiscard]] std::uint64_t two_words(const std::uint8_t* bytes) const noexcept {
        return fold(word_at(bytes) ^ key_[0], word_at(bytes + 8) ^ key_[1]);
    }
    [[nodiscard]] std::uint64_t of_twenty(const std::uint8_t* bytes) const noexcept {
        std::uint32_t rest = 0;
        std::memcpy(&rest, bytes + 16, sizeof rest);
        return fold(two_words(bytes) ^ key_[2], rest ^ key_[3]);
    }
    [[nodiscard]] static std::uint32_t shorten(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
    }

    std::array<std::uint64_t, 4> key_{};
};

}  // namespace chihaya::memory
