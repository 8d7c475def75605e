#include "core/wire/announce_query.hpp"

#include <array>
#include <cstdlib>

namespace chihaya {

/// What is accepted keeps the promises of `AnnounceQuery`; what is not has a reason.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t most = ~std::uint64_t{0} >> 1U;
    const auto announce = wire::parse_announce({reinterpret_cast<const char*>(data), size});
    if (announce.has_error()) {
        std::array<char, wire::reason_max> room{};
        const auto reason = wire::reason(announce.error(), room);
        if (!reason.starts_with("malformed request: ") || reason.size() < 24) {
            std::abort();
        }
        return 0;
    }
    const bool is_sound = announce->port != 0 && announce->uploaded <= most &&
                          announce->downloaded <= most && announce->corrupt <= most &&
                          (announce->left <= most || announce->left == unknown_left) &&
                          (!announce->ipv4 || announce->ipv4->is_ipv4()) &&
                          (!announce->ipv6 || !announce->ipv6->is_ipv4());
    if (!is_sound) {
        std::abort();
    }
    return 0;
}

}  // namespace chihaya
