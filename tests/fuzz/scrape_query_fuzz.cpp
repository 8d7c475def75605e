#include "core/wire/scrape_query.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace chihaya {

/// No more info-hashes than there is room for, each once.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::array<InfoHash, 5> room{};
    const auto count = wire::parse_scrape({reinterpret_cast<const char*>(data), size}, room);
    if (!count) {
        return wire::reason(count.error()).empty() ? std::abort(), 0 : 0;
    }
    for (std::size_t i = 0; i < *count; ++i) {
        if (std::find(room.begin(), room.begin() + static_cast<int>(i), room.at(i)) !=
            room.begin() + static_cast<int>(i)) {
            std::abort();
        }
    }
    return 0;
}

}  // namespace chihaya
