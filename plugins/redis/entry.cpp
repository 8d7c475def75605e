#include "chihaya/plugin.hpp"
#include "plugins/redis/redis_driver.hpp"

#include <exception>

namespace chihaya::redis {
namespace {

TrackerDriver* create(Host& control, const TrackerSetup& setup) noexcept {
    try {
        const auto parameters = parameters_for(control, setup);
        return parameters ? new RedisDriver(control, setup, *parameters) : nullptr;
    } catch (const std::exception& error) {
        control.log(Severity::error, error.what());
        return nullptr;
    }
}

constexpr PluginDescriptor card{
    .name = "redis",
    .version = "0.1.0",
    .create_tracker = &create,
    .traits = PluginTraits::shares_swarms,
};

}  // namespace
}  // namespace chihaya::redis

extern "C" CHIHAYA_PLUGIN_EXPORT const chihaya::PluginDescriptor* chihaya_plugin_v1() noexcept {
    return &chihaya::redis::card;
}
