#pragma once

/// @file page_memory.hpp
/// Pages of large swarms as Redis showed them a moment ago. Whoever wants fifty peers of thousands
/// is served as well by a page of half a minute ago, and half of what an announce costs Redis is
/// showing pages.

#include "plugins/redis/layout.hpp"
#include "plugins/redis/random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

namespace chihaya::redis {

/// Thread: one
class PageMemory {
public:
    /// Of five million peers: 64 MiB a worker at most, taken from the system as they are filled.
    static constexpr std::size_t places_max = std::size_t{1} << 18U;
    /// For so many seconds a page is good: who came meanwhile is missing, who left is still there.
    static constexpr std::uint32_t age_max = 30;

    /// Errors: std::bad_alloc
    PageMemory()
        : places_(static_cast<Place*>(std::calloc(places_max, sizeof(Place)))),
          salt_(Random().next() | 1U) {
        if (places_ == nullptr) {
            throw std::bad_alloc();
        }
    }

    /// The page as it was at some time since `now` - `age_max`.
    /// Lifetime: until something is remembered
    [[nodiscard]] std::optional<std::string_view> find(const InfoHash& info_hash, FieldName name,
                                                       std::uint32_t now) const noexcept {
        const std::uint64_t mark = mark_of(info_hash, name);
        const Place& place = places_.get()[index(mark)];
        if (place.mark != mark || now - place.second > age_max) {
            return std::nullopt;
        }
        return std::string_view(place.rows.data(), place.size);
    }

    /// Larger pages than usual are not kept, and those of IPv6 only where they are small.
    void remember(const InfoHash& info_hash, FieldName name, std::string_view rows,
                  std::uint32_t now) noexcept {
        const std::uint64_t mark = mark_of(info_hash, name);
        Place& place = places_.get()[index(mark)];
        if (rows.size() <= place.rows.size()) {
            place.mark = mark;
            place.second = now;
            place.size = static_cast<std::uint32_t>(rows.size());
            rows.copy(place.rows.data(), rows.size());
        }
    }

private:
    struct Place {
        std::uint64_t mark;
        std::uint32_t second;
        std::uint32_t size;
        std::array<char, 240> rows;
    };
    static_assert(sizeof(Place) == 256);

    struct Free {
        void operator()(Place* places) const noexcept { std::free(places); }
    };

    /// Clients choose info-hashes: the salt keeps them from choosing what is kept.
    [[nodiscard]] std::uint64_t mark_of(const InfoHash& info_hash, FieldName name) const noexcept {
        std::uint64_t first = 0;
        std::uint64_t second = 0;
        std::uint32_t field = 0;
        std::memcpy(&first, info_hash.bytes.data(), sizeof first);
        std::memcpy(&second, info_hash.bytes.data() + 12, sizeof second);
        std::memcpy(&field, name.view().data(), FieldName::size);
        std::uint64_t mark = (first ^ salt_) * 0x9e3779b97f4a7c15U;
        mark = (mark ^ (mark >> 29U) ^ second) * 0xbf58476d1ce4e5b9U;
        mark = (mark ^ (mark >> 32U) ^ field) * 0x94d049bb133111ebU;
        return (mark ^ (mark >> 31U)) | 1U;
    }
    [[nodiscard]] static std::size_t index(std::uint64_t mark) noexcept {
        return (mark >> 1U) % places_max;
    }

    std::unique_ptr<Place, Free> places_;
    std::uint64_t salt_;
};

}  // namespace chihaya::redis
