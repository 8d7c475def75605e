#pragma once

/// @file types.hpp
/// The tracker's nouns: plain values that are copied freely and cross the plugin boundary.
///
/// Every type here is trivially copyable and standard layout, owns nothing, and has no invariant
/// beyond its field comments.
///
/// Stability: frozen within an ABI major, sizes included.

#include "chihaya/abi.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya {

/// Names a swarm: the SHA-1 of a torrent's info dictionary, or a truncated v2 SHA-256.
/// Shape:  20 raw bytes, never hex, never percent-encoded
/// Source: BEP 3, BEP 52
struct InfoHash {
    std::array<std::uint8_t, 20> bytes{};
    friend bool operator==(const InfoHash&, const InfoHash&) = default;
};

/// What a client calls itself. Chosen by the client: says nothing about who it is.
/// Shape:  20 raw bytes
/// Source: BEP 3, BEP 20
struct PeerId {
    std::array<std::uint8_t, 20> bytes{};
    friend bool operator==(const PeerId&, const PeerId&) = default;
};

/// An IPv4 address and port, exactly as a compact reply carries them.
/// Shape:  4 address bytes, then the port; network byte order; port 0 means "none"
/// Source: BEP 23
struct Ipv4Endpoint {
    std::array<std::uint8_t, 6> wire{};
    [[nodiscard]] constexpr bool present() const noexcept { return (wire[4] | wire[5]) != 0; }
    friend bool operator==(const Ipv4Endpoint&, const Ipv4Endpoint&) = default;
};

/// An IPv6 address and port, exactly as a compact reply carries them.
/// Shape:  16 address bytes, then the port; network byte order; port 0 means "none"
/// Source: BEP 7
struct Ipv6Endpoint {
    std::array<std::uint8_t, 18> wire{};
    [[nodiscard]] constexpr bool present() const noexcept { return (wire[16] | wire[17]) != 0; }
    friend bool operator==(const Ipv6Endpoint&, const Ipv6Endpoint&) = default;
};

/// A site's number for an account. Never mixed up with other numbers: it is its own type.
enum class UserId : std::uint64_t { none = 0 };

/// A site's number for a torrent.
enum class TorrentId : std::uint64_t { none = 0 };

/// What the client says has just happened.
/// Source: BEP 3 (`event`), BEP 15 (codes 0 to 3), BEP 21 (`paused`; code 4 is what libtorrent
/// sends over UDP)
enum class Event : std::uint32_t { none = 0, completed = 1, started = 2, stopped = 3, paused = 4 };

/// How many peers a swarm holds, both address families together.
/// Source: BEP 48, BEP 21
struct SwarmCounts {
    std::uint32_t seeders = 0;        // `complete`
    std::uint32_t leechers = 0;       // `incomplete`, partial seeds included
    std::uint32_t partial_seeds = 0;  // leechers that download nothing more
    std::uint32_t snatches = 0;       // `downloaded`: completed downloads counted, not peers
    friend bool operator==(const SwarmCounts&, const SwarmCounts&) = default;
};

/// A moment as `Host::now()` tells it. See there for what it promises.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// True for the enums below that are sets of bits; gives them `|` and `has`.
template <class Enum>
inline constexpr bool is_flag_set = false;

template <class Enum>
requires is_flag_set<Enum>
[[nodiscard]] constexpr Enum operator|(Enum left, Enum right) noexcept {
    using Bits = std::underlying_type_t<Enum>;
    return static_cast<Enum>(static_cast<Bits>(left) | static_cast<Bits>(right));
}

/// Are all of `wanted` set in `flags`?
template <class Enum>
requires is_flag_set<Enum>
[[nodiscard]] constexpr bool has(Enum flags, Enum wanted) noexcept {
    return (flags | wanted) == flags;
}

static_assert(CrossesBoundary<InfoHash> && sizeof(InfoHash) == 20);
static_assert(CrossesBoundary<PeerId> && sizeof(PeerId) == 20);
static_assert(CrossesBoundary<Ipv4Endpoint> && sizeof(Ipv4Endpoint) == 6);
static_assert(CrossesBoundary<Ipv6Endpoint> && sizeof(Ipv6Endpoint) == 18);
static_assert(CrossesBoundary<SwarmCounts> && sizeof(SwarmCounts) == 16);
static_assert(CrossesBoundary<Time> && sizeof(Time) == 8);

}  // namespace chihaya
