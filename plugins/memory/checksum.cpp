#include "plugins/memory/checksum.hpp"

#include <Poco/Checksum.h>

namespace chihaya::memory {

std::uint32_t checksum(std::initializer_list<std::span<const std::uint8_t>> parts) {
    Poco::Checksum sum(Poco::Checksum::TYPE_CRC32);
    for (const std::span<const std::uint8_t> part : parts) {
        if (!part.empty()) {
            sum.update(reinterpret_cast<const char*>(part.data()),
                       static_cast<unsigned>(part.size()));
        }
    }
    return sum.checksum();
}

}  // namespace chihaya::memory
