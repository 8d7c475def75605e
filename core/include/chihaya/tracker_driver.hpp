#pragma once

/// @file tracker_driver.hpp
/// The interface of a tracker driver: it keeps the fast-moving data, that is the swarms, and a
/// shared copy of the registry.
///
/// Start here to write a driver, then read plugins/memory as the worked example.
/// tests/conformance/tracker_driver_contract.hpp is this header's meaning as tests; run it on
/// yours.
///
/// Two halves with opposite rules: a session is on the path of every announce and never blocks; the
/// driver's own members are off it and may.

#include "chihaya/announce.hpp"
#include "chihaya/host.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/scrape.hpp"
#include "chihaya/status.hpp"
#include "chihaya/swarm.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya {

/// What the core tells a driver about the tracker it serves.
///
/// Lifetime:  `params` and `state_dir` are borrowed until the factory returns; `expiry` outlives
///            the driver
/// Stability: filled by the host; may grow at the end
struct TrackerSetup {
    std::string_view params{};     // `tracker.params` of the configuration, as JSON
    std::string_view state_dir{};  // absolute; for files that survive a restart; may be empty
    ExpirySink* expiry = nullptr;  // hears of peers with an account that fell silent; may be null
    std::chrono::seconds peer_lifetime{3900};       // silent for longer, and a peer is gone
    std::chrono::seconds history_lifetime{3900};    // a peer with an account is kept dormant until
    std::chrono::milliseconds answer_within{5000};  // then a session fails the sink, unavailable
    std::uint32_t workers = 1;                      // as many sessions will be open at once
    bool purge_empty_swarms = true;                 // forget unregistered swarms nobody is in
    bool keep_peer_ids = false;            // clients may ask for the long form: keep peer ids
    std::uint8_t preferred_ipv4_bits = 0;  // hand out peers that share so many leading address
    std::uint8_t preferred_ipv6_bits = 0;  // bits first; 0 is no preference; a driver may ignore it

    RegistrySource* registry = nullptr;  // what to save beside the swarms; null: nothing. Outlives
                                         // the driver
    std::uint64_t memory_limit = 0;  // bytes the swarms should stay below; 0: no limit. A driver
                                     // in the process drops those silent for longest; others
                                     // may ignore it
    bool restore = true;  // false: swarms and registry come from a tracker that runs; what was
                          // saved is older than they are, and is left alone until the next save
    std::array<std::uint8_t, 3> reserved{};
    std::uint32_t longest_interval = 0;  // seconds within which each live peer announces again; 0:
                                         // not known. Nobody is dropped for silence before that
};

/// One worker's way into the driver.
///
/// Thread: every member is called on the owning worker's thread and must not block. A mutex shared
///         with other sessions is fine if it is held for a bounded piece of work without I/O.
/// Errors: no member throws; failures go to the sink
class TrackerSession {
public:
    /// Applies each request to its swarm and answers each sink, exactly once each.
    ///
    /// An in-process driver answers before it returns. A networked one writes the batch as one
    /// pipeline and answers from its socket task, on the same thread, in any order. Requests of one
    /// batch about the same swarm take effect in the order of the batch.
    ///
    /// IPv4 and IPv6 peers of an info-hash are one swarm. `peer_key` says who a peer is. The
    /// request's endpoints replace the known ones of their families; an endpoint of the other
    /// family stays for as long as it has itself been announced within the peer lifetime.
    /// `stopped` removes the peer, is handed nobody, and creates nothing where nothing was.
    /// `completed` with `left == 0` counts one snatch, unless the peer was known as a seeder.
    ///
    /// Whom a reply holds: at most `num_want_ipv4` and `num_want_ipv6` endpoints, each once; never
    /// the announcer, never a peer of the same account, never a hidden or dormant peer, never one
    /// whose reach the announcer does not share (`reach_for`). A seeder (`only_leechers`) is handed
    /// leechers; a leecher is handed seeders up to three quarters of what it wants where there are
    /// both, leechers for the rest, then whoever is left. With `preferred_ipv4_bits` or
    /// `preferred_ipv6_bits`, peers of the announcer's own subnet come first. Within these rules
    /// the choice is uniformly random: in time every peer is handed out as often as any other, and
    /// replies are not shifted copies of each other.
    ///
    /// Lifetime: `batch` and requests are borrowed until this returns; a sink and the request's
    ///           `room` until the sink is answered
    /// Limits:   1 to `batch_max` calls (core/base/limits.hpp)
    /// Source:   BEP 3 (announce), BEP 7 (address families), BEP 21 (partial seeds)
    virtual void announce(std::span<const AnnounceCall> batch) noexcept = 0;

    /// Answers each sink, exactly once, with the counts of the swarms asked for. Changes nothing.
    ///
    /// Lifetime: as for `announce`
    /// Source:   BEP 48
    virtual void scrape(std::span<const ScrapeCall> batch) noexcept = 0;

    /// Destroys the session. Sinks still unanswered are failed with `unavailable` first; `forget`
    /// sees to timers, watches and posted tasks. Swarms live on in the driver.
    virtual void release() noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do, and let the
    // core ask the plugin's card before it calls what an older plugin cannot have.

protected:
    ~TrackerSession() = default;
};

/// A peer whose lifetime is over disappears from counts and replies within this time.
inline constexpr std::chrono::seconds expiry_slack{60};

/// Swarms and the shared copy of the registry. One per process.
///
/// Thread: members may be called from several threads at once, never a worker's, and may block for
///         as long as their service takes; `open_session` and `report` say otherwise
/// Errors: no member throws; a status other than ok leaves what was known before
class TrackerDriver {
public:
    /// A session for the worker that `worker` belongs to; null after
    /// `worker.log(Severity::error, …)` when there can be none. Being disconnected is no reason.
    /// Thread: that worker's; must not block
    virtual TrackerSession* open_session(Host& worker) noexcept = 0;

    /// Makes the change part of the shared copy. On ok it survives a restart if anything does.
    /// A driver whose registry nobody shares and nothing keeps says ok and does nothing, but:
    /// putting a torrent registers its swarm (it is kept while empty) and raises its snatches to
    /// `TorrentRecord::snatches` where lower; erasing one forgets its swarm, peers included;
    /// erasing a user forgets its peers within `expiry_slack`.
    virtual Status put_users(std::span<const UserRecord> users) noexcept = 0;
    virtual Status put_torrents(std::span<const TorrentRecord> torrents) noexcept = 0;
    virtual Status put_clients(std::span<const ClientRecord> clients) noexcept = 0;
    virtual Status put_tokens(std::span<const TokenRecord> tokens) noexcept = 0;
    virtual Status erase_users(std::span<const UserId> users) noexcept = 0;
    virtual Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept = 0;
    virtual Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept = 0;
    virtual Status erase_tokens(std::span<const TokenRecord> tokens) noexcept = 0;

    /// Puts the whole shared copy into `sink`, within the call, and returns.
    ///
    /// Where a service has lost the shared copy that this process has loaded before, one process of
    /// those that share it is told `lost` after what there is: it puts back what it still has and
    /// loads again, which ends the loss for all. Until then the others are told `unavailable`.
    virtual Status load(RegistrySink& sink) noexcept = 0;

    /// From now on passes every change that is committed to the shared copy on to `sink`: in the
    /// order of the commits, this process's own included (that is what makes nodes agree), one call
    /// at a time, from a thread of the driver's. Nothing is passed on while a `load` runs; what is
    /// committed meanwhile follows after it. A possible gap is reported with `sink.lapsed()`.
    /// The host follows before it loads. A driver whose registry nobody shares passes on nothing.
    /// After a lapse, records that the next `load` with ok leaves out are gone.
    ///
    /// Thread:   the sink may wait until a write of this process has returned, so a put or erase
    ///           waits for no call of the sink by another thread
    /// Lifetime: `sink` is borrowed until `unfollow` returns
    virtual Status follow(RegistrySink& sink) noexcept = 0;

    /// After this returns, the sink is not called again. Harmless when not following.
    virtual void unfollow() noexcept = 0;

    /// Shows the swarms of these names to `sink`, within the call and in this order, each as it is
    /// at some moment during the call; nothing where there is none. A name may come again later.
    /// Cost: a driver that asks a service asks for many at once; ask it for some hundreds
    virtual Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept = 0;

    /// Shows every swarm to `sink`, within the call, while announces go on: each swarm as it is at
    /// some moment during the call. No lock is held for longer than one swarm's work.
    virtual Status read_swarms(SwarmSink& sink) noexcept = 0;

    /// Takes peers in, as though each had announced at its `last_announce`: for a restore, a change
    /// of driver, and a site's memory (dormant peers). A peer that is known already, with an
    /// announce at or after that moment, stays as it is (at that moment, only where the record is
    /// not `PeerFlags::current`). One that is `PeerFlags::unsure` takes its history from any record
    /// of its account; from one without endpoints nothing else. Raises a swarm's snatches to
    /// `counts.snatches`; of the rest of `counts` nothing is believed. Silent ones past their
    /// lifetime are left out. A swarm may be named more than once, and have no peers.
    /// Cost:   as for `read_some`
    /// Errors: some may have been taken in
    virtual Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept = 0;

    /// Takes over what can change while announces go on; `params` included. Sessions stay open.
    /// Errors: rejected when `params` are wrong, unsupported when the new setup needs a new driver;
    ///         then nothing has changed
    /// Thread: the control loop's
    virtual Status reconfigure(const TrackerSetup& setup) noexcept = 0;

    /// Is the driver able to do its work now? Asked about once a second, for the health page.
    virtual Status health() noexcept = 0;

    /// The driver's numbers. `swarms` and `peers` are expected of every driver.
    /// Thread: any but a worker's; must not block on a service
    virtual void report(MetricSink& sink) noexcept = 0;

    /// Destroys the driver, after all its sessions have been released and following has ended.
    virtual void release() noexcept = 0;

    /// Does every peer with an account carry the counters of its last announce, as far as an
    /// announce was ever answered? Asked once, before the first session. Where not, because there
    /// is nothing from before or the tracker was killed, the host serves no account before it has
    /// read its site, whose memory of peers then says what is to be reckoned from.
    ///
    /// With `TrackerSetup::restore` false it is so: swarms are carried from a tracker that runs.
    /// A service that outlives the tracker has it always.
    virtual bool has_current_histories() noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do, and let the
    // core ask the plugin's card before it calls what an older plugin cannot have.

    /// One swarm alone. Not for drivers to provide.
    Status read_swarm(const InfoHash& info_hash, SwarmSink& sink) noexcept {
        return read_some({&info_hash, 1}, sink);
    }
    Status add_peers(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept {
        const SwarmInTransit one{swarm, peers};
        return add_swarms({&one, 1});
    }

protected:
    ~TrackerDriver() = default;
};

static_assert(CrossesBoundary<TrackerSetup> && sizeof(TrackerSetup) == 96);

}  // namespace chihaya
