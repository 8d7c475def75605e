#pragma once

/// @file protection.hpp
/// Keeps a worker from being used up by a few: asked by the front ends before anything is done for
/// a client.

#include "core/base/ip_address.hpp"
#include "core/logic/address_limit.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/protection_settings.hpp"
#include "core/logic/random.hpp"
#include "core/metrics/labels.hpp"

#include <chrono>
#include <cstdint>

namespace chihaya::logic {

/// Thread: one worker's
class Protection {
public:
    explicit Protection(const ProtectionSettings& settings);

    /// Other settings from now on. Buckets whose rates have changed begin full.
    /// Out of memory for them, the earlier rates stay.
    void adopt(const ProtectionSettings& settings) noexcept;

    /// May this address open another connection? What it is counted as when not.
    [[nodiscard]] metrics::Arrival arrival_of(const IpAddress& from, Time now) noexcept;

    /// May it announce or scrape now? An empty refusal says yes. To be asked
    /// about an address that has been proven, or anybody could use up another's tokens.
    [[nodiscard]] Refusal refusal_for(const IpAddress& from, Time now) noexcept;

    /// May a datagram that is over a limit be answered with an error?
    [[nodiscard]] bool may_tell(std::chrono::sys_seconds now) noexcept;

private:
    [[nodiscard]] bool is_exempt(const IpAddress& from) const noexcept;

    ProtectionSettings settings_;
    AddressLimit announces_;
    AddressLimit connections_;
    Random random_;
    std::chrono::sys_seconds told_second_{};
    std::uint32_t told_ = 0;  // in that second
};

}  // namespace chihaya::logic
