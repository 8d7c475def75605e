#include "core/wire/client_id.hpp"

#include <algorithm>
#include <cstdlib>

namespace chihaya {

/// Every peer id has a style, a code of its own bytes and a version that fits.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    PeerId peer_id;
    std::copy_n(data, std::min(size, peer_id.bytes.size()), peer_id.bytes.begin());
    const wire::ClientName name = wire::classify_client(peer_id);
    if (name.code.empty() || name.version_size > name.version_room.size() ||
        wire::style_name(name.style).empty() || wire::client_id(peer_id).size() != 6) {
        std::abort();
    }
    return 0;
}

}  // namespace chihaya
