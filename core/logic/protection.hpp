#pragma once

/// @file protection.hpp
/// Keeps a worker from being used up by a few: asked by the front ends before anything is done for
/// a client.

#include "core/base/ip_address.hpp"
#include "core/logic/address_limit.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/protection_settings.hpp"
#include "core/logic/random.hpp"
#include "core/logic/shedding.hpp"
#include "core/metrics/labels.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace chihaya::logic {

/// Thread: one worker's
class Protection {
public:
    explicit Protection(const ProtectionSettings& settings);

    /// Other settings from now on. Buckets whose rates have changed begin full.
    /// Out of memory for them, the earlier rates stay.
    void adopt(const ProtectionSettings& settings) noexcept;

    /// May this address open another connection? What it is counted as when not. A proxy always may
    /// as far as the lists go: those are asked about its clients, with each request.
    [[nodiscard]] metrics::Arrival arrival_of(const IpAddress& from, Time now) noexcept;

    /// Is it on the operator's list of those who are not answered at all?
    [[nodiscard]] bool is_denied(const IpAddress& from) const noexcept {
        return settings_.access != nullptr && !settings_.access->addresses.admits(from);
    }

    /// Likewise, for a torrent.
    [[nodiscard]] bool is_denied(const InfoHash& info_hash) const noexcept {
        return settings_.access != nullptr && !settings_.access->torrents.admits(info_hash);
    }

    /// May it announce or scrape now? An empty refusal says yes. To be asked
    /// about an address that has been proven, or anybody could use up another's tokens.
    [[nodiscard]] Refusal refusal_for(const IpAddress& from, Time now) noexcept;

    /// Is this request to be answered without doing it, because the worker is behind? An empty
    /// refusal says no.
    [[nodiscard]] Refusal shed(metrics::FrontEnd front_end, Urgency urgency) noexcept {
        return shedding(front_end).takes(urgency, random_) ? overloaded(urgency) : Refusal{};
    }

    /// Each front end sheds for itself: a flood of datagrams, which may come from forged addresses,
    /// takes nothing from those who come over HTTP, as long as they need not wait.
    [[nodiscard]] Shedding& shedding(metrics::FrontEnd front_end) noexcept {
        return shedding_[metrics::index_of(front_end)];
    }

    /// Is something ever shed?
    [[nodiscard]] bool may_shed() const noexcept { return settings_.shed_after.count() != 0; }

    /// Somebody has waited so long for this worker, whichever way he came.
    void note_wait(std::chrono::milliseconds waited) noexcept;

    /// To be called some times a second: draws the conclusion from what was noted since.
    void step_shedding() noexcept;

    /// May a datagram that is over a limit be answered with an error?
    [[nodiscard]] bool may_tell(std::chrono::sys_seconds now) noexcept;

private:
    [[nodiscard]] Refusal overloaded(Urgency urgency) noexcept;
    [[nodiscard]] std::span<const IpNetwork> exempt() const noexcept;
    [[nodiscard]] bool is_proxy(const IpAddress& from) const noexcept;

    ProtectionSettings settings_;
    AddressLimit announces_;
    AddressLimit connections_;
    std::array<Shedding, metrics::front_end_count> shedding_;
    Random random_;
    std::chrono::sys_seconds told_second_{};
    std::uint32_t told_ = 0;  // in that second
};

}  // namespace chihaya::logic
