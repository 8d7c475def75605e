#pragma once

/// @file shape_memory.hpp
/// The shapes that swarms were last seen in, so that the next announce can name the fields it needs
/// at once. A wrong one costs a little time in Redis and nothing else.

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
    /// So many swarms that the busy ones of a large tracker are all there: three megabytes a
    /// worker.
    static constexpr std::size_t size = std::size_t{1} << 16U;

    /// Errors: std::bad_alloc
    ShapeMemory() : places_(size) { salt_ = Random().next() | 1U; }

    /// All zero where it is not known.
    [[nodiscard]] const Sight& of(const InfoHash& info_hash) const noexcept {
        const Place& place = places_[index(info_hash)];
        return place.swarm == mark(info_hash) ? place.sight : nothing_;
    }
    void remember(const InfoHash& info_hash, const Shape& shape,
                  const SwarmCounts& counts) noexcept {
        places_[index(info_hash)] = {mark(info_hash), {shape, counts.seeders, counts.leechers}};
    }
    /// The shape is as it was.
    void remember(const InfoHash& info_hash, const SwarmCounts& counts) noexcept {
        Place& place = places_[index(info_hash)];
        if (place.swarm == mark(info_hash)) {
            place.sight.seeders = counts.seeders;
            place.sight.leechers = counts.leechers;
        }
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
    [[nodiscard]] std::size_t index(const InfoHash& info_hash) const noexcept {
        return static_cast<std::size_t>((mark(info_hash) * salt_) >>
                                        (64U - std::bit_width(size - 1)));
    }

    std::vector<Place> places_;
    std::uint64_t salt_ = 0;
    Sight nothing_;
};

}  // namespace chihaya::redis
