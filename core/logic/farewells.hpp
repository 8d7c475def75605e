#pragma once

/// @file farewells.hpp
/// Peers with an account that fell silent, as the site's books have them: the tracker driver says
/// who, the backend driver records it.

#include "chihaya/backend_driver.hpp"
#include "chihaya/swarm.hpp"
#include "core/logic/roster.hpp"

#include <shared_mutex>

namespace chihaya::logic {

/// The delta of a peer that has been forgotten: what it said last, nothing gained since.
[[nodiscard]] AnnounceDelta farewell(const ExpiredPeer& gone, const Roster& roster) noexcept;

/// Outlives the tracker driver that it is the sink of, which outlives the backend driver: so it is
/// told when there is somebody to pass peers on to. What comes before and after is dropped.
/// Thread: any
class Farewells final : public ExpirySink {
public:
    /// From now on. Lifetime: both, until `close`
    void open(const Roster& roster, BackendDriver& backend) noexcept;

    /// After this returns, neither is used any more.
    void close() noexcept;

    void expired(std::span<const ExpiredPeer> peers) noexcept override;

private:
    std::shared_mutex mutex_;  // protects what follows; shared while it is used
    const Roster* roster_ = nullptr;
    BackendDriver* backend_ = nullptr;
};

}  // namespace chihaya::logic
