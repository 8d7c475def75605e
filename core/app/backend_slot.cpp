#include "core/app/backend_slot.hpp"

#include <mutex>
#include <utility>

namespace chihaya::app {
namespace {

constexpr Status nobody{StatusCode::unavailable, "the link to the site is being changed"};

}  // namespace

void BackendSlot::fill(plugin::BackendDriverPtr driver) noexcept {
    const std::unique_lock lock(in_use_);
    driver_ = std::move(driver);
    present_.store(driver_.get(), std::memory_order_release);
}

void BackendSlot::empty() noexcept {
    const std::unique_lock lock(in_use_);
    present_.store(nullptr, std::memory_order_release);
    driver_.reset();
}

Status BackendSlot::load(RegistrySink& sink) noexcept {
    const std::shared_lock lock(in_use_);
    return driver_ == nullptr ? nobody : driver_->load(sink);
}

void BackendSlot::record(std::span<const AnnounceDelta> deltas) noexcept {
    if (BackendDriver* const driver = present_.load(std::memory_order_acquire)) {
        driver->record(deltas);
    }
}

void BackendSlot::rules(SiteRules& rules) noexcept {
    const std::shared_lock lock(in_use_);
    if (driver_ != nullptr) {
        driver_->rules(rules);
    }
}

bool BackendSlot::has_control() noexcept {
    const std::shared_lock lock(in_use_);
    return driver_ != nullptr && driver_->has_control();
}

void BackendSlot::control(const ControlRequest& request, ControlSink& sink) noexcept {
    const std::shared_lock lock(in_use_);
    if (driver_ == nullptr) {
        sink.answer(503, "text/plain", nobody.reason);
        return;
    }
    driver_->control(request, sink);
}

Status BackendSlot::flush(std::chrono::milliseconds deadline) noexcept {
    const std::shared_lock lock(in_use_);
    return driver_ == nullptr ? Status{} : driver_->flush(deadline);
}

Status BackendSlot::reconfigure(const BackendSetup& setup) noexcept {
    const std::shared_lock lock(in_use_);
    return driver_ == nullptr ? nobody : driver_->reconfigure(setup);
}

Status BackendSlot::health() noexcept {
    const std::shared_lock lock(in_use_);
    return driver_ == nullptr ? nobody : driver_->health();
}

void BackendSlot::report(MetricSink& sink) noexcept {
    const std::shared_lock lock(in_use_);
    if (driver_ != nullptr) {
        driver_->report(sink);
    }
}

}  // namespace chihaya::app
