#include "core/wire/query.hpp"

#include <array>
#include <cstdlib>

namespace chihaya {

/// Items lie within the query, in order, and are no more than the limit; no value decodes to more
/// bytes than it has.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    std::array<std::uint8_t, 20> room{};
    const char* at = query.data();
    std::size_t count = 0;
    wire::QueryCursor cursor(query);
    wire::QueryItem item;
    while (cursor.next(item)) {
        const auto decoded = wire::decode(item.value, room);
        const bool is_sound =
            item.key.data() >= at && item.value.data() >= item.key.data() &&
            item.value.data() + item.value.size() <= query.data() + size &&
            item.key.find_first_of("&;?=") == std::string_view::npos &&
            item.value.find_first_of("&;?") == std::string_view::npos &&
            item.value_escaped == (item.value.find_first_of("%+") != std::string_view::npos) &&
            ++count <= limits::query_items_max && decoded.value_or(0) <= item.value.size();
        if (!is_sound) {
            std::abort();
        }
        at = item.value.data() + item.value.size();
        static_cast<void>(wire::read_integer(item.value));
    }
    return 0;
}

}  // namespace chihaya
