#pragma once

/// @file tracker_slot.hpp
/// The place of the tracker driver in the process. Whoever talks to a driver off the path of
/// announces (roster, management, site, full scrape) talks to the slot, and never sees that one
/// driver takes over from another: see driver_switch.hpp.

#include "chihaya/tracker_driver.hpp"
#include "core/app/expiry_door.hpp"
#include "core/app/registry_feed.hpp"
#include "core/logic/carry.hpp"
#include "core/plugin/loader.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

namespace chihaya::app {

/// A driver, and what it is lent. Made before the driver, which is told of the door.
struct TrackerPlace {
    explicit TrackerPlace(ExpirySink& site) : door(site) {}

    ExpiryDoor door;
    RegistryFeed feed;
    plugin::TrackerDriverPtr driver;
    std::shared_mutex in_use;  // shared while a member of the driver runs
};
using TrackerPlacePtr = std::shared_ptr<TrackerPlace>;

/// Thread: as `TrackerDriver` says
class TrackerSlot final : public TrackerDriver {
public:
    explicit TrackerSlot(TrackerPlacePtr first) : current_(std::move(first)) {}

    // --- a change of driver: one thread ---

    /// From now on what is written goes to `next` as well (what it refuses is told by
    /// `next_status`), and `notes` are told what passes by the sessions. A lapse that the present
    /// driver reports is kept in mind until `forget_next`.
    /// Lifetime: both, until `forget_next` or `take_over`
    void write_to_next(const TrackerPlacePtr& next, logic::ChangedSwarms& notes);
    /// What the next driver said to a write that the present one took.
    [[nodiscard]] Status next_status() noexcept;
    /// As before `write_to_next`.
    void forget_next() noexcept;

    /// Lets nobody write, once those who do have done so: until `take_over` or `forget_next`.
    /// Errors: false when somebody still writes after `patience`; then everybody may again
    [[nodiscard]] bool close(std::chrono::milliseconds patience) noexcept;
    /// `next` takes the place. What reads from the old driver may go on doing so, until `retire`.
    /// After `close`
    void take_over() noexcept;
    /// Follows the registry of the driver that has taken over, as the old one was followed.
    Status follow_again() noexcept;
    /// Waits for whoever uses the driver that was replaced, and gives it back.
    /// Thread: the control loop's
    static void retire(TrackerPlace& old) noexcept;

    /// Accounts that were erased since `write_to_next`. Forgets them.
    [[nodiscard]] std::vector<UserId> take_erased_users() noexcept;

    [[nodiscard]] TrackerPlacePtr place() const noexcept;

    // --- TrackerDriver: of the driver that is in the slot ---

    TrackerSession* open_session(Host& worker) noexcept override;
    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status load(RegistrySink& sink) noexcept override;
    Status follow(RegistrySink& sink) noexcept override;
    void unfollow() noexcept override;
    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override;
    Status read_swarms(SwarmSink& sink) noexcept override;
    /// While one driver takes over: to the present one; the swarms are noted.
    Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept override;
    /// Who is to hear of peers that fell silent, if anybody, is the door: whatever the setup says.
    Status reconfigure(const TrackerSetup& setup) noexcept override;
    Status health() noexcept override;
    void report(MetricSink& sink) noexcept override;
    /// Gives the driver back. Afterwards nothing may be asked of the slot.
    void release() noexcept override;
    bool has_current_histories() noexcept override;

private:
    struct Writing;

    template <class Ask>
    auto ask(Ask ask) noexcept;
    template <class Write, class Note>
    Status write(Write write, Note note) noexcept;
    template <class Write>
    Status write(Write change) noexcept;

    mutable std::mutex mutex_;  // protects what follows
    std::condition_variable written_;
    TrackerPlacePtr current_;
    TrackerPlacePtr next_;
    logic::ChangedSwarms* notes_ = nullptr;
    RegistrySink* follower_ = nullptr;
    Status next_status_;
    std::vector<UserId> erased_users_;
    bool is_closed_ = false;  // to writers
    unsigned writers_ = 0;
};

}  // namespace chihaya::app
