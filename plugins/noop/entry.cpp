#include "chihaya/plugin.hpp"

#include <new>

namespace chihaya::noop {
namespace {

/// The backend of a tracker without a site: it knows nobody and keeps no books.
class NoopDriver final : public BackendDriver {
public:
    Status load(RegistrySink& /*sink*/) noexcept override {
        return {StatusCode::unsupported, "there is no site"};  // ok would mean "erase everybody"
    }
    void record(std::span<const AnnounceDelta> /*deltas*/) noexcept override {}
    void rules(SiteRules& /*rules*/) noexcept override {}
    bool has_control() noexcept override { return false; }
    void control(const ControlRequest& /*request*/, ControlSink& sink) noexcept override {
        sink.answer(404, "text/plain", "this tracker has no control endpoint\n");
    }
    Status flush(std::chrono::milliseconds /*deadline*/) noexcept override { return {}; }
    Status reconfigure(const BackendSetup& /*setup*/) noexcept override { return {}; }
    Status health() noexcept override { return {}; }
    void report(MetricSink& /*sink*/) noexcept override {}
    void release() noexcept override { delete this; }
};

BackendDriver* create(Host& control, const BackendSetup& /*setup*/) noexcept {
    BackendDriver* driver = new (std::nothrow) NoopDriver;
    if (driver == nullptr) {
        control.log(Severity::error, "out of memory");
    }
    return driver;
}

constexpr PluginDescriptor card{
    .name = "noop",
    .version = "0.1.0",
    .create_backend = &create,
};

}  // namespace
}  // namespace chihaya::noop

extern "C" CHIHAYA_PLUGIN_EXPORT const chihaya::PluginDescriptor* chihaya_plugin_v1() noexcept {
    return &chihaya::noop::card;
}
