#include "core/logic/protection.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <exception>

namespace chihaya::logic {
namespace {

constexpr std::string_view too_many = "too many requests from this address";
constexpr std::string_view address_denied = "this address may not use this tracker";
constexpr std::string_view come_back = "the tracker is overloaded, come back later";
constexpr std::uint32_t denied_pause = 3600;  // what is listed is seldom taken off the list

}  // namespace

Protection::Protection(const ProtectionSettings& settings)
    : settings_(settings),
      announces_(settings.announces, settings.workers),
      connections_(settings.connections, settings.workers),
      shedding_{Shedding(settings.shed_after), Shedding(settings.shed_after)} {}

void Protection::adopt(const ProtectionSettings& settings) noexcept {
    const bool same_share = settings.workers == settings_.workers;
    try {
        if (!same_share || settings.announces != settings_.announces) {
            announces_ = AddressLimit(settings.announces, settings.workers);
        }
        if (!same_share || settings.connections != settings_.connections) {
            connections_ = AddressLimit(settings.connections, settings.workers);
        }
    } catch (const std::exception&) {
        return;
    }
    settings_ = settings;
    for (Shedding& one : shedding_) {
        one.adopt(settings.shed_after);
    }
}

void Protection::note_wait(std::chrono::milliseconds waited) noexcept {
    for (Shedding& one : shedding_) {
        one.note(waited);
    }
}

void Protection::step_shedding() noexcept {
    for (Shedding& one : shedding_) {
        one.step();
    }
}

std::span<const IpNetwork> Protection::exempt() const noexcept {
    return settings_.exempt != nullptr ? std::span<const IpNetwork>(*settings_.exempt)
                                       : std::span<const IpNetwork>();
}

bool Protection::is_proxy(const IpAddress& from) const noexcept {
    return settings_.proxies != nullptr && is_in(*settings_.proxies, from);
}

metrics::Arrival Protection::arrival_of(const IpAddress& from, Time now) noexcept {
    if (is_denied(from) && !is_proxy(from)) {
        return metrics::Arrival::denied_address;
    }
    return connections_.admits(from, now, exempt()) ? metrics::Arrival::accepted
                                                    : metrics::Arrival::rate_limited;
}

Refusal Protection::refusal_for(const IpAddress& from, Time now) noexcept {
    if (is_denied(from)) {
        return {.text = address_denied,
                .interval = denied_pause,
                .min_interval = denied_pause,
                .ending = metrics::Ending::denied_address};
    }
    if (announces_.admits(from, now, exempt())) {
        return {};
    }
    constexpr auto least = static_cast<std::uint32_t>(limits::limited_pause.count());
    const std::uint32_t pause = least + random_.below(least);
    return {.text = too_many,
            .interval = pause,
            .min_interval = pause,
            .retry_minutes = (pause + 59) / 60,
            .ending = metrics::Ending::rate_limited};
}

/// Who is in a swarm is told the usual interval: until then it is not forgotten, and hardly any
/// client comes so late by itself after a failure.
Refusal Protection::overloaded(Urgency urgency) noexcept {
    const auto usual = static_cast<std::uint32_t>(settings_.interval.count());
    const auto pause = static_cast<std::uint32_t>(limits::limited_pause.count());
    const std::uint32_t later =
        urgency == Urgency::event ? pause + random_.below(pause) : std::max(pause, usual);
    return {.text = come_back,
            .interval = later,
            .min_interval = later,
            .retry_minutes = (later + 59) / 60,
            .ending = metrics::Ending::overloaded};
}

bool Protection::may_tell(std::chrono::sys_seconds now) noexcept {
    if (told_second_ != now) {
        told_second_ = now;
        told_ = 0;
    }
    return told_++ < limits::udp_limited_errors_per_second;
}

}  // namespace chihaya::logic
