#include "chihaya/plugin.hpp"
#include "plugins/memory/memory_driver.hpp"
#include "plugins/memory/parameters.hpp"

#include <exception>
#include <memory>

namespace chihaya::memory {
namespace {

TrackerDriver* create(Host& control, const TrackerSetup& setup) noexcept {
    try {
        const auto parameters = read_parameters(control, setup.params, setup.state_dir);
        if (!parameters) {
            return nullptr;
        }
        auto driver = std::make_unique<MemoryDriver>(
            control, setup, parameters->peer_ids.value_or(setup.keep_peer_ids));
        return driver->keep(*parameters, setup) ? driver.release() : nullptr;
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
