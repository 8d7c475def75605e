#include "core/wire/scrape_query.hpp"

#include "core/wire/query.hpp"

#include <algorithm>
#include <array>

namespace chihaya::wire {
namespace {

constexpr std::string_view info_hash_key = "info_hash";

bool is_info_hash(std::string_view key) noexcept {
    if (key == info_hash_key) {
        return true;
    }
    if (key.find('%') == std::string_view::npos) {
        return false;
    }
    std::array<std::uint8_t, info_hash_key.size()> room{};
    return decode(key, room) == room.size() && std::ranges::equal(room, info_hash_key);
}

}  // namespace

ScrapeResult parse_scrape(std::string_view query, std::span<InfoHash> out) noexcept {
    std::size_t count = 0;
    QueryCursor cursor(query);
    QueryItem item;
    while (cursor.next(item)) {
        if (!is_info_hash(item.key)) {
            continue;
        }
        InfoHash info_hash;
        const auto size = decode(item.value, info_hash.bytes);
        if (!size) {
            return ScrapeError::broken_escape;
        }
        if (*size != info_hash.bytes.size()) {
            return ScrapeError::info_hash_size;
        }
        const auto known = out.first(count);
        if (std::ranges::find(known, info_hash) != known.end()) {
            continue;
        }
        if (count == out.size()) {
            return ScrapeError::too_many;
        }
        out[count++] = info_hash;
    }
    if (cursor.too_many()) {
        return ScrapeError::too_many;
    }
    return count;
}

std::string_view reason(ScrapeError error) noexcept {
    switch (error) {
        case ScrapeError::too_many:
            return "GET string too long";
        case ScrapeError::broken_escape:
            return "malformed request: a value has a broken percent escape";
        case ScrapeError::info_hash_size:
            return "malformed request: info_hash must be 20 bytes";
    }
    return "malformed request";
}

}  // namespace chihaya::wire
