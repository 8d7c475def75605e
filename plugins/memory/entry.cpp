#include "chihaya/plugin.hpp"
#include "plugins/memory/memory_driver.hpp"
#include "plugins/memory/parameters.hpp"

#include <exception>

namespace chihaya::memory {
namespace {

TrackerDriver* create(Host& control, const TrackerSetup& setup) noexcept {
    try {
        const auto parameters = read_parameters(control, setup.params);
        if (!parameters) {
            return nullptr;
        }
        return new MemoryDriver(control, setup, parameters->peer_ids.value_or(setup.keep_peer_ids));
    } catch (const std::exception& error) {
        control.log(Severity::error, error.what());
        return nullptr;
    }
}

constexpr PluginDescriptor card{
    .name = "memory",
    .version = "0.1.0",
    .create_tracker = &create,
};

}  // namespace
}  // namespace chihaya::memory

extern "C" CHIHAYA_PLUGIN_EXPORT const chihaya::PluginDescriptor* chihaya_plugin_v1() noexcept {
    return &chihaya::memory::card;
}
