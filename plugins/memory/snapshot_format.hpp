#pragma once

/// @file snapshot_format.hpp
/// What a snapshot file is made of: a header, blocks, and an end that says how much there was.
/// SNAPSHOT.md has it byte by byte.

#include "plugins/memory/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chihaya::memory {

inline constexpr std::array<std::uint8_t, 8> snapshot_magic{'C', 'H', 'I', 'H', 'A', 'Y', 'A', 'S'};
inline constexpr std::uint16_t snapshot_version = 1;
inline constexpr std::size_t snapshot_header_bytes = 64;
inline constexpr std::size_t block_header_bytes = 16;

enum class BlockType : std::uint32_t {
    swarms = 1,
    users = 2,
    torrents = 3,
    clients = 4,
    tokens = 5,
    end = 6
};

/// Bits of a piece of a swarm.
namespace piece {
inline constexpr std::uint8_t registered = 1;
inline constexpr std::uint8_t has_ids = 2;    // every row has its peer id
inline constexpr std::uint8_t continued = 4;  // more of the swarm of the piece before
inline constexpr std::uint8_t all = 7;
}  // namespace piece

/// The word of a row: its age in ticks, and who it is.
namespace saved_row {
inline constexpr std::uint16_t age = 0x1fff;
inline constexpr std::uint16_t partial = 0x2000;
inline constexpr std::uint16_t seeder = 0x4000;
inline constexpr std::uint16_t hidden = 0x8000;
}  // namespace saved_row

/// Of a member, beside its `PeerFlags`.
namespace saved_member {
inline constexpr std::uint8_t ipv4 = 0x10;  // an endpoint follows, and the word of its row
inline constexpr std::uint8_t ipv6 = 0x20;
inline constexpr std::uint8_t key = 0x40;  // without an account: its IPv4 key follows
inline constexpr std::uint8_t unsure = 0x80;
inline constexpr std::uint8_t flags = 0x0f;
}  // namespace saved_member

/// Shape: the 64 bytes at the beginning
struct SnapshotHeader {
    std::uint32_t tick_seconds = 1;
    std::uint64_t generation = 0;  // the journal of this number goes on where this begins
    std::uint64_t written_at = 0;  // Unix seconds: when it was begun
    bool has_registry = false;
    bool is_final = false;  // every announce that was answered is in it, until a journal or a
                            // snapshot of a higher generation has been begun
};
[[nodiscard]] std::vector<std::uint8_t> encode(const SnapshotHeader& header);

/// Why a header is none.
enum class HeaderFault : std::uint8_t { none, damaged, newer };
[[nodiscard]] HeaderFault decode(std::span<const std::uint8_t> bytes, SnapshotHeader& header);

/// Shape: 16 bytes before every block: type, number, length, checksum of these and of the block
struct BlockHeader {
    std::uint32_t type = 0;
    std::uint32_t number = 0;
    std::uint32_t length = 0;
    std::uint32_t sum = 0;
};
[[nodiscard]] std::array<std::uint8_t, block_header_bytes> encode(
    BlockType type, std::uint32_t number, std::span<const std::uint8_t> payload);
[[nodiscard]] BlockHeader decode_block_header(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool is_sound(const BlockHeader& header, std::span<const std::uint8_t> payload);

/// How much there is of everything: the payload of the last block.
struct SnapshotTotals {
    std::uint64_t swarms = 0;
    std::uint64_t peers = 0;
    std::uint64_t users = 0;
    std::uint64_t torrents = 0;
    std::uint64_t clients = 0;
    std::uint64_t tokens = 0;
    friend bool operator==(const SnapshotTotals&, const SnapshotTotals&) = default;
};
void encode(const SnapshotTotals& totals, ByteWriter& to);
[[nodiscard]] SnapshotTotals decode_totals(ByteReader& from);

}  // namespace chihaya::memory
