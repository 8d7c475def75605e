#pragma once

/// @file driver_target.hpp
/// A tracker driver of this process as the place that swarms are carried to.

#include "chihaya/announce.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/logic/carry.hpp"
#include "core/net/loop_host.hpp"
#include "core/net/worker_loop.hpp"
#include "core/plugin/loader.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::app {

/// Who has stopped, it tells the driver by a session and a loop of its own.
/// Thread: one, but for `add_swarms`
class DriverTarget final : public logic::CarryTarget {
public:
    /// Lifetime: all outlives the target; the driver is given back after it
    DriverTarget(TrackerDriver& driver, std::chrono::milliseconds answer_within, const Clock& clock,
                 Log& log);
    ~DriverTarget() override;
    DriverTarget(const DriverTarget&) = delete;
    DriverTarget& operator=(const DriverTarget&) = delete;

    Status erased(std::span<const TorrentErasure> torrents) override;
    Status stopped(std::span<const AnnounceRequest> peers) override;
    Status add_swarms(std::span<const SwarmInTransit> swarms) override;

    /// One reads and packs while the other waits for a service that is elsewhere; the cores are the
    /// workers'.
    [[nodiscard]] unsigned lanes() const override { return 2; }

    /// Has anything been erased?
    [[nodiscard]] bool has_erased() const noexcept { return has_erased_; }

private:
    class Answers;

    Status tell(std::span<const AnnounceRequest> peers, std::vector<AnnounceRequest>& failed);
    void look_at_clock() noexcept;

    TrackerDriver& driver_;
    const std::chrono::milliseconds answer_within_;
    net::WorkerLoop loop_;
    net::LoopHost host_;
    plugin::TrackerSessionPtr session_;
    bool has_erased_ = false;
};

}  // namespace chihaya::app
