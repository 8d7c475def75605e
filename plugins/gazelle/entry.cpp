#include "chihaya/plugin.hpp"
#include "plugins/gazelle/gazelle_driver.hpp"

#include <exception>

namespace chihaya::gazelle {
namespace {

BackendDriver* create(Host& control, const BackendSetup& setup) noexcept {
    try {
        auto parameters = parameters_for(control, setup);
        return parameters ? new GazelleDriver(control, setup, std::move(*parameters)) : nullptr;
    } catch (const std::exception& error) {
        control.log(Severity::error, error.what());
        return nullptr;
    }
}

constexpr PluginDescriptor card{
    .name = "gazelle",
    .version = "0.1.0",
    .create_backend = &create,
};

}  // namespace
}  // namespace chihaya::gazelle

extern "C" CHIHAYA_PLUGIN_EXPORT const chihaya::PluginDescriptor* chihaya_plugin_v1() noexcept {
    return &chihaya::gazelle::card;
}
