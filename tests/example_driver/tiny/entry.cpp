#include "chihaya/plugin.hpp"

#include "tiny_driver.hpp"
#include <new>

namespace tiny {
namespace {

using chihaya::Host;
using chihaya::Severity;
using chihaya::TrackerDriver;
using chihaya::TrackerSetup;

/// Nothing is thrown into the host: whatever goes wrong here is logged, and the answer is null.
TrackerDriver* create(Host& control, const TrackerSetup& setup) noexcept {
    if (!has_no_parameters(setup.params)) {
        control.log(Severity::error,
                    "params: found something; accepted is {}, for there are no parameters; remove "
                    "them");
        return nullptr;
    }
    TrackerDriver* driver = new (std::nothrow) Driver(control, setup);
    if (driver == nullptr) {
        control.log(Severity::error, "out of memory");
    }
    return driver;
}

constexpr chihaya::PluginDescriptor card{
    .name = "tiny",
    .version = "1.0.0",
    .create_tracker = &create,
};

}  // namespace
}  // namespace tiny

extern "C" CHIHAYA_PLUGIN_EXPORT const chihaya::PluginDescriptor* chihaya_plugin_v1() noexcept {
    return &tiny::card;
}
