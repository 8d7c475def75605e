#include "plugins/redis/scripts.hpp"

#include <array>

namespace chihaya::redis {

std::span<const Script> swarm_scripts() noexcept {
    static const std::array<Script, 4> all{announce_script, sweep_script, register_script,
                                           erase_script};
    return all;
}

}  // namespace chihaya::redis
