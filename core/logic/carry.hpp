#pragma once

/// @file carry.hpp
/// Carries the swarms of a tracker driver somewhere else while announces go on: to another driver
/// of this process (a live switch), or to another process (a hand-over).
///
/// In passes. The first shows every swarm to the target. Meanwhile the workers note which peers
/// they change, and who stops; each further pass carries those alone, and so there are fewer from
/// pass to pass. When few are left the workers are held (they go on reading, and keep what they
/// have read), what they asked of the driver is answered, the last pass is carried, and the workers
/// go on with the new driver: nobody is refused, and nothing is told twice or forgotten.

#include "chihaya/announce.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/status.hpp"
#include "chihaya/swarm.hpp"
#include "chihaya/tracker_driver.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace chihaya::logic {

/// Where swarms are carried to.
/// Thread: that of `Carry`; may block
/// Errors: a status other than ok ends the carrying; the tracker goes on as it was
class CarryTarget {
public:
    virtual ~CarryTarget() = default;

    /// These torrents were erased, with their swarms, after they may have been carried. Swarms that
    /// came back are carried again after this, and after `stopped`.
    virtual Status erased(std::span<const TorrentErasure> torrents) = 0;

    /// These peers said `stopped` (as their requests of then say), or fell silent, after they may
    /// have been carried. Those that came back are carried again after this.
    virtual Status stopped(std::span<const AnnounceRequest> peers) = 0;

    /// As `TrackerDriver::add_swarms`. Every peer is `PeerFlags::current`. Of a swarm that has been
    /// carried before there are only those peers that have changed, perhaps none.
    virtual Status add_swarms(std::span<const SwarmInTransit> swarms) = 0;

    /// From so many threads `add_swarms` may be called at once, each time for other swarms.
    [[nodiscard]] virtual unsigned lanes() const { return 1; }
};

/// What one worker, or who writes the registry, has changed since the last pass.
/// Thread: any; each member takes a lock that is held for as long as a line is written down
/// Limits: `limits::carry_notes_max`; beyond, and when memory runs out, `take` says so
class ChangedSwarms {
public:
    /// A swarm, and who in it.
    struct Change {
        InfoHash info_hash;
        PeerKey peer;  // `everybody`: all of them
    };
    static constexpr PeerKey everybody{};

    struct Changes {
        std::vector<Change> peers;
        std::vector<AnnounceRequest> stops;
        std::vector<TorrentErasure> erased;
        bool is_complete = true;
    };

    /// The driver has applied this request: to be noted when its answer has come, never before.
    void note(const AnnounceRequest& request) noexcept;

    /// The driver has forgotten this peer, or it is dormant now.
    void note_silent(const ExpiredPeer& gone) noexcept;

    /// The driver has been told something about this swarm, beside its announces.
    void note_swarm(const InfoHash& info_hash) noexcept;

    /// The driver has erased these.
    void note_erased(std::span<const TorrentErasure> torrents) noexcept;

    /// Everything since the last time.
    [[nodiscard]] Changes take() noexcept;

    /// How many peers have been noted, ever.
    [[nodiscard]] std::uint64_t noted() noexcept;

private:
    template <class Write>
    void write(Write write) noexcept;

    std::mutex mutex_;  // protects what follows
    Changes changes_;
    std::uint64_t noted_ = 0;
};

/// The passes.
/// Thread: one that may block
class Carry {
public:
    /// `notes`: what every worker notes, and everybody else; they have begun to note before the
    /// first pass.
    /// Lifetime: all that is passed outlives the carrying
    Carry(TrackerDriver& from, CarryTarget& to, std::vector<ChangedSwarms*> notes,
          const std::atomic<bool>& ends);

    /// Every swarm.
    [[nodiscard]] Status first_pass() noexcept;

    /// What has changed since the last pass began: first what was erased and who stopped, then who
    /// is there.
    [[nodiscard]] Status next_pass() noexcept;

    /// Swarms, erasures and stops that the last pass carried. When few, or no fewer than the time
    /// before, it is time for the last one.
    [[nodiscard]] std::size_t carried() const noexcept { return carried_; }

    /// What the last pass has caught up with: in the first one peers, then changes, a peer that has
    /// changed twice counted twice.
    [[nodiscard]] std::uint64_t caught_up() const noexcept { return caught_up_; }

    /// Peers that all passes have carried, a peer once for each time.
    [[nodiscard]] std::uint64_t peers() const noexcept { return peers_; }

private:
    class Load;
    class Lanes;

    /// One swarm, and who in it; nobody named: everybody.
    struct Task {
        InfoHash info_hash;
        std::span<const ChangedSwarms::Change> changes;
    };

    Status carry_some(std::span<const Task> tasks, Load& room);
    Status carry_all(std::span<const Task> tasks);
    Status carry_changes();
    [[nodiscard]] Status ended() const noexcept;

    TrackerDriver& from_;
    CarryTarget& to_;
    std::vector<ChangedSwarms*> notes_;
    const std::atomic<bool>& ends_;
    std::size_t carried_ = 0;
    std::uint64_t caught_up_ = 0;
    std::atomic<std::uint64_t> peers_{0};
};

}  // namespace chihaya::logic
