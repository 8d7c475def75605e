#pragma once

/// @file carry.hpp
/// Carries the swarms of a tracker driver somewhere else while announces go on: to another driver
/// of this process (a live switch), or to another process (a hand-over).
///
/// In passes. The first shows every swarm to the target. Meanwhile the workers note which swarms
/// they change, and who stops; each further pass carries those alone, and so there are fewer from
/// pass to pass. When few are left the workers are held (they go on reading, and keep what they
/// have read), what they asked of the driver is answered, the last pass is carried, and the workers
/// go on with the new driver: nobody is refused, and nothing is told twice or forgotten.

#include "chihaya/announce.hpp"
#include "chihaya/status.hpp"
#include "chihaya/swarm.hpp"
#include "chihaya/tracker_driver.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <unordered_set>
#include <vector>

namespace chihaya::logic {

/// Where swarms are carried to.
/// Thread: that of `Carry`; may block
/// Errors: a status other than ok ends the carrying; the tracker goes on as it was
class CarryTarget {
public:
    virtual ~CarryTarget() = default;

    /// As `TrackerDriver::add_peers`: what is known there with a later announce stays as it is.
    virtual Status add_peers(const SwarmRecord& swarm, std::span<const PeerRecord> peers) = 0;

    /// These peers said `stopped` (as their requests of then say) after they may have been carried.
    /// Those that came back are carried again after this.
    virtual Status stopped(std::span<const AnnounceRequest> peers) = 0;
};

/// What one worker has changed since the last pass.
/// Thread: `note` on the worker's; `take` from another
class ChangedSwarms {
public:
    struct Changes {
        std::vector<InfoHash> swarms;  // each once
        std::vector<AnnounceRequest> stops;
    };

    /// The driver has applied this request: to be noted when its answer has come, never before.
    void note(const AnnounceRequest& request) noexcept;

    /// Everything since the last time. Errors: std::bad_alloc; also when `note` ran out of memory
    [[nodiscard]] Changes take();

private:
    struct Hash {
        std::size_t operator()(const InfoHash& info_hash) const noexcept;
    };

    std::mutex mutex_;  // protects what follows
    std::unordered_set<InfoHash, Hash> swarms_;
    std::vector<AnnounceRequest> stops_;
    bool is_incomplete_ = false;
};

/// The passes.
/// Thread: one that may block
class Carry {
public:
    /// `workers`: what every worker notes; they have begun to note before the first pass.
    /// Lifetime: all that is passed outlives the carrying
    Carry(TrackerDriver& from, CarryTarget& to, std::vector<ChangedSwarms*> workers,
          const std::atomic<bool>& ends);

    /// Every swarm.
    [[nodiscard]] Status first_pass() noexcept;

    /// Those that have changed since the last pass began: first who stopped, then who is there.
    [[nodiscard]] Status next_pass() noexcept;

    /// Swarms and stops that the last pass carried. When few, or no fewer than the time before, it
    /// is time for the last one.
    [[nodiscard]] std::size_t carried() const noexcept { return carried_; }

private:
    TrackerDriver& from_;
    CarryTarget& to_;
    std::vector<ChangedSwarms*> workers_;
    const std::atomic<bool>& ends_;
    std::size_t carried_ = 0;
};

}  // namespace chihaya::logic
