#include "plugins/memory/keyed_hash.hpp"

#include <random>

namespace chihaya::memory {

HashSecret::HashSecret() {
    std::random_device device;
    for (std::uint64_t& word : key_) {
        word = (std::uint64_t{device()} << 32U) | device() | 1U;  // an odd word is never zero
    }
}

}  // namespace chihaya::memory
