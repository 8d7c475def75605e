#include "plugins/memory/snapshot_format.hpp"

#include "plugins/memory/checksum.hpp"

#include <algorithm>

namespace chihaya::memory {
namespace {

constexpr std::uint32_t registry_bit = 1;
constexpr std::uint32_t final_bit = 2;
constexpr std::size_t summed = snapshot_header_bytes - 4;

std::uint32_t block_sum(std::span<const std::uint8_t> header,
                        std::span<const std::uint8_t> payload) {
    return checksum({header.first(block_header_bytes - 4), payload});
}

}  // namespace

std::vector<std::uint8_t> encode(const SnapshotHeader& header) {
    std::vector<std::uint8_t> bytes;
    ByteWriter to(bytes);
    to.append(snapshot_magic);
    to.number(snapshot_version);
    to.number(static_cast<std::uint16_t>(snapshot_header_bytes));
    to.number(header.tick_seconds);
    to.number(header.generation);
    to.number(header.written_at);
    to.number((header.has_registry ? registry_bit : 0U) | (header.is_final ? final_bit : 0U));
    bytes.resize(summed);
    to.number(checksum({bytes}));
    return bytes;
}

HeaderFault decode(std::span<const std::uint8_t> bytes, SnapshotHeader& header) {
    if (bytes.size() < snapshot_header_bytes ||
        !std::ranges::equal(bytes.first(snapshot_magic.size()), snapshot_magic)) {
        return HeaderFault::damaged;
    }
    ByteReader from(bytes.subspan(snapshot_magic.size()));
    const auto version = from.number<std::uint16_t>();
    const bool is_sound = ByteReader(bytes.subspan(summed)).number<std::uint32_t>() ==
                          checksum({bytes.first(summed)});
    if (version > snapshot_version && is_sound) {
        return HeaderFault::newer;
    }
    const auto length = from.number<std::uint16_t>();
    header.tick_seconds = from.number<std::uint32_t>();
    header.generation = from.number<std::uint64_t>();
    header.written_at = from.number<std::uint64_t>();
    const auto flags = from.number<std::uint32_t>();
    header.has_registry = (flags & registry_bit) != 0;
    header.is_final = (flags & final_bit) != 0;
    const auto rest = from.take(summed - 36);
    const bool is_right = version == snapshot_version && length == snapshot_header_bytes &&
                          header.tick_seconds != 0 && (flags & ~(registry_bit | final_bit)) == 0 &&
                          std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
    return is_sound && is_right ? HeaderFault::none : HeaderFault::damaged;
}

std::array<std::uint8_t, block_header_bytes> encode(BlockType type, std::uint32_t number,
                                                    std::span<const std::uint8_t> payload) {
    std::vector<std::uint8_t> bytes;
    ByteWriter to(bytes);
    to.number(static_cast<std::uint32_t>(type));
    to.number(number);
    to.number(static_cast<std::uint32_t>(payload.size()));
    to.number(std::uint32_t{0});
    const std::uint32_t sum = block_sum(bytes, payload);
    bytes.resize(block_header_bytes - 4);
    to.number(sum);
    std::array<std::uint8_t, block_header_bytes> header{};
    std::ranges::copy(bytes, header.begin());
    return header;
}

BlockHeader decode_block_header(std::span<const std::uint8_t> bytes) {
    ByteReader from(bytes);
    BlockHeader header;
    header.type = from.number<std::uint32_t>();
    header.number = from.number<std::uint32_t>();
    header.length = from.number<std::uint32_t>();
    header.sum = from.number<std::uint32_t>();
    return header;
}

bool is_sound(const BlockHeader& header, std::span<const std::uint8_t> payload) {
    std::vector<std::uint8_t> bytes;
    ByteWriter to(bytes);
    to.number(header.type);
    to.number(header.number);
    to.number(header.length);
    to.number(header.sum);
    return header.length == payload.size() && header.sum == block_sum(bytes, payload);
}

void encode(const SnapshotTotals& totals, ByteWriter& to) {
    for (const std::uint64_t count : {totals.swarms, totals.peers, totals.users, totals.torrents,
                                      totals.clients, totals.tokens}) {
        to.number(count);
    }
}

SnapshotTotals decode_totals(ByteReader& from) {
    SnapshotTotals totals;
    for (std::uint64_t* const count : {&totals.swarms, &totals.peers, &totals.users,
                                       &totals.torrents, &totals.clients, &totals.tokens}) {
        *count = from.number<std::uint64_t>();
    }
    return totals;
}

}  // namespace chihaya::memory
