#pragma once

/// @file shape_memory.hpp
/// The shapes that large swarms were last seen in, so that the next announce can name the fields it
/// needs at once. A wrong one costs a little time in Redis and nothing else.

#include "plugins/redis/layout.hpp"
#include "plugins/redis/random.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace chihaya::redis {

/// A swarm as it was seen last.
struct Sight {
    Shape shape;
    std::uint32_t seeders = 0;
    std::uint32_t leechers = 0;
};

/// Thread: one
class ShapeMemory {
public:
    /// Swarms of more than one page a class are few even in a large tracker: five megabytes a
    /// worker.
    static constexpr std::size_t ways = 4;
    static constexpr std::size_t sets = std::size_t{1} << 15U;

    /// Errors: std::bad_alloc
    ShapeMemory() : places_(sets * ways), salt_(Random().next() | 1U) {}

    /// Null where the swarm is not known, and then most likely a small one.
    [[nodiscard]] const Sight* of(const InfoHash& info_hash) const noexcept {
        const std::uint64_t swarm = mark(info_hash);
        const Place* const set = places_.data() + first_of(swarm);
        for (std::size_t way = 0; way < ways; ++way) {
            if (set[way].swarm == swarm) {
                return &set[way].sight;
            }
        }
        return nullptr;
    }
    void remember(const InfoHash& info_hash, const Shape& shape,
                  const SwarmCounts& counts) noexcept {
        const std::uint64_t swarm = mark(info_hash);
        Place* const set = places_.data() + first_of(swarm);
        std::size_t way = 0;
        while (way < ways && set[way].swarm != swarm) {
            ++way;
        }
        if (shape.is_small()) {
            if (way < ways) {
                set[way] = {};
            }
            return;
        }
        way = way < ways ? way : turn_++ % ways;
        set[way] = {swarm, {shape, counts.seeders, counts.leechers}};
    }

private:
    struct Place {
        std::uint64_t swarm = 0;
        Sight sight;
    };

    [[nodiscard]] static std::uint64_t mark(const InfoHash& info_hash) noexcept {
        std::uint64_t first = 0;
        std::memcpy(&first, info_hash.bytes.data(), sizeof first);
        return first;
    }
    [[nodiscard]] std::size_t first_of(std::uint64_t swarm) const noexcept {
        return ways * static_cast<std::size_t>((swarm * salt_) >> (64U - std::bit_width(sets - 1)));
    }

    std::vector<Place> places_;
    std::uint64_t salt_;
    std::size_t turn_ = 0;
};

}  // namespace chihaya::redis
