#pragma once

/// @file backend_driver.hpp
/// The interface of a backend driver: the link to the site's consistent database.
///
/// It brings the registry in and carries the accounting out. It decides nothing: who may announce
/// and what is credited is settled in core/logic before it hears of an announce.
/// tests/conformance/backend_driver_contract.hpp is this header's meaning as tests.

#include "chihaya/host.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/status.hpp"
#include "chihaya/types.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya {

enum class DeltaFlags : std::uint32_t {
    none = 0,
    is_seeder = 1,
    is_new = 2,        // the peer was not known before
    is_gone = 4,       // the peer said `stopped`
    snatched = 8,      // this announce counted a snatch
    hidden = 16,       // do not record the address
    is_paused = 32,    // partial seed
    expired = 64,      // not an announce: the peer fell silent and was forgotten
    used_token = 128,  // a freeleech token made this download free
};
template <>
inline constexpr bool is_flag_set<DeltaFlags> = true;

/// What one announce changed. The whole accounting of a site can be written from these alone.
///
/// Lifetime:  `user_agent` is borrowed until `record` returns
/// Stability: lies in spans; frozen, spare bytes are zero
struct AnnounceDelta {
    UserId user = UserId::none;
    TorrentId torrent = TorrentId::none;
    InfoHash info_hash{};
    PeerId peer_id{};
    Ipv4Endpoint ipv4{};
    Ipv6Endpoint ipv6{};
    std::uint64_t uploaded = 0;             // as the client reports: since `started`
    std::uint64_t downloaded = 0;           // likewise
    std::uint64_t left = 0;                 // bytes
    std::uint64_t corrupt = 0;              // as the client reports
    std::uint64_t corrupt_raw = 0;          // since the previous announce
    std::uint64_t uploaded_raw = 0;         // since the previous announce
    std::uint64_t downloaded_raw = 0;       // likewise
    std::uint64_t uploaded_credited = 0;    // the same after multipliers and freeleech
    std::uint64_t downloaded_credited = 0;  // likewise
    Time at{};                              // of this announce
    std::chrono::seconds active_for{0};     // since the previous announce; 0 for a new peer
    std::chrono::seconds stay{0};           // since the first announce of this stay
    SwarmCounts counts{};                   // of the swarm, afterwards
    std::string_view user_agent{};          // empty over UDP
    DeltaFlags flags = DeltaFlags::none;
    Event event = Event::none;
    std::uint32_t announces = 0;  // in this stay, this one included
    std::array<std::uint8_t, 28> reserved{};
};

/// One call of the site to the tracker's control endpoint, e.g. "a torrent was deleted".
///
/// Shape:     `path` with its leading slash, `query` without '?', both undecoded. The driver checks
///            its own secret, in constant time.
/// Lifetime:  borrowed until `control` returns
/// Stability: filled by the host; may grow at the end
struct ControlRequest {
    std::string_view method{};
    std::string_view path{};
    std::string_view query{};
    std::string_view body{};
    Ipv4Endpoint ipv4{};  // who calls, after trusted proxies; one of the two is present
    Ipv6Endpoint ipv6{};
};

/// Takes the answer to a control call. Implemented by the host.
class ControlSink {
public:
    /// Called exactly once, before `control` returns; the texts are copied.
    virtual void answer(std::uint32_t http_status, std::string_view content_type,
                        std::string_view body) noexcept = 0;

    // ABI 1.0 ends here.

protected:
    ~ControlSink() = default;
};

/// What a site's pages show about its tracker. All of one moment, to within a request.
///
/// Stability: filled by the host; may grow at the end
struct TrackerNumbers {
    std::chrono::seconds uptime{0};
    std::chrono::seconds interval{0};         // what clients are told, before the random share
    std::chrono::seconds interval_jitter{0};  // at most so much is added at random
    std::uint64_t connections_opened = 0;     // since the start, as all that follow
    std::uint64_t connections_open = 0;       // now
    std::uint64_t requests = 0;               // answered, whatever the answer
    std::uint64_t announces = 0;              // answered with peers
    std::uint64_t announces_failed = 0;       // answered with a failure
    std::uint64_t scrapes = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_transmitted = 0;
    std::uint64_t seeders = 0;  // peers now, all swarms together; of a shared driver, all trackers'
    std::uint64_t leechers = 0;  // likewise
};

/// The tracker as its site's backend driver may see it and set it. Implemented by the host.
///
/// Thread: any but a worker's
class TrackerView {
public:
    /// The record as announces see it now. False: there is none, and `user` stays as it is.
    virtual bool find_user(std::string_view passkey, UserRecord& user) noexcept = 0;
    virtual bool find_torrent(const InfoHash& info_hash, TorrentRecord& torrent) noexcept = 0;

    virtual void numbers(TrackerNumbers& numbers) noexcept = 0;

    /// From now on, until the process ends, replies say `interval` plus a random share of up to
    /// `jitter`, and `interval` as the least.
    /// Errors: rejected when it is not from a second to a day, the jitter longer than it, or both
    ///         together longer than the peer lifetime: peers would be forgotten in between
    virtual Status set_interval(std::chrono::seconds interval,
                                std::chrono::seconds jitter) noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do.

protected:
    ~TrackerView() = default;
};

/// What the core tells a backend driver.
///
/// Lifetime:  `params` and `spool_dir` are borrowed until the factory returns; `registry` and
///            `tracker` outlive the driver
/// Stability: filled by the host; may grow at the end
struct BackendSetup {
    std::string_view params{};         // `backend.params` of the configuration, as JSON
    std::string_view spool_dir{};      // absolute; the driver's own, private to it
    RegistrySink* registry = nullptr;  // changes of the site go here, whenever they become known
    TrackerView* tracker = nullptr;    // not to be used before the factory has returned
    std::chrono::seconds peer_lifetime{3900};  // silent for longer, and a peer is gone
};

/// How a site words its refusals, and what it does differently. Null or zero: as the core does.
///
/// Lifetime:  texts live as long as the driver
/// Stability: filled by the plugin; frozen, spare bytes are zero
struct SiteRules {
    const char* unknown_user = nullptr;  // the passkey belongs to nobody
    const char* unapproved_client = nullptr;
    const char* unknown_torrent = nullptr;  // `TorrentErasure::reason` is appended after ": "
    const char* may_not_leech = nullptr;    // answered after the announce was counted and recorded
    const char* not_ready = nullptr;        // the registry has not been loaded yet
    const char* no_peer_id = nullptr;
    const char* invalid_peer_id = nullptr;     // not 20 bytes
    const char* not_compact = nullptr;         // null: `compact=0` has the long form, as asked for
    std::chrono::seconds failure_interval{0};  // `interval` and `min interval` of a refusal
    std::uint32_t num_want_max = 0;
    bool started_restarts_counters = false;  // `started` of a known peer credits nothing
    bool backward_voids_both = false;        // a counter that went back voids the other's delta too
    bool lists_clients = false;  // the site keeps the list of clients; while it is empty, any may
    std::array<std::uint8_t, 9> reserved{};
};

/// The link to the site. One per process.
///
/// Thread: members may be called from several threads at once, never a worker's, and may block;
///         `record` and `report` say otherwise
/// Errors: no member throws
class BackendDriver {
public:
    /// Puts everything the site knows into `sink`, within the call, and returns. Called at start
    /// and on reload. When this returns ok, the host erases what it knew and was not put.
    /// Errors: unsupported when there is no site to ask, and then nothing is erased
    virtual Status load(RegistrySink& sink) noexcept = 0;

    /// Takes over what announces have changed, in order of time for each user and torrent.
    ///
    /// Never loses: what was taken survives a restart (`spool_dir`) and reaches the site once, or,
    /// after a crash in between, at least once. Never refuses: a site that is away fills the spool.
    ///
    /// A delta with `expired` is told once: for a peer that has been silent for the peer lifetime;
    /// it gained nothing, `at` is its last announce, and a later announce may have been told
    /// before.
    ///
    /// Thread: any worker's and the tracker driver's, several at once; must not block, so it copies
    /// into memory and lets the
    ///         driver's own thread write spool and database
    /// Limits: 1 to `batch_max` deltas
    virtual void record(std::span<const AnnounceDelta> deltas) noexcept = 0;

    /// How this site differs from a plain tracker; asked for once, after the factory returned.
    virtual void rules(SiteRules& rules) noexcept = 0;

    /// Does this driver take calls of its site on the announce port? When it does, a GET of every
    /// path there that is neither announce nor scrape becomes a `control` call instead of a 404.
    /// The connection ends with the answer.
    /// Thread: any; constant for the life of the driver
    virtual bool has_control() noexcept = 0;

    /// Performs one control call. Without a control endpoint: answer 404.
    virtual void control(const ControlRequest& request, ControlSink& sink) noexcept = 0;

    /// Brings everything taken so far to the site, or at least into the spool, within `deadline`.
    /// Errors: unavailable when the site does not have everything; nothing is lost
    virtual Status flush(std::chrono::milliseconds deadline) noexcept = 0;

    /// Takes over what can change while announces go on.
    /// Errors: rejected when `params` are wrong, unsupported when the new setup needs a new driver;
    ///         then nothing has changed
    /// Thread: the control loop's
    virtual Status reconfigure(const BackendSetup& setup) noexcept = 0;

    /// Is the site reachable now? Asked about once a second, for the health page.
    virtual Status health() noexcept = 0;

    /// The driver's numbers. `spooled_deltas` is expected of every driver that has a spool.
    /// Thread: any but a worker's; must not block on a service
    virtual void report(MetricSink& sink) noexcept = 0;

    /// Destroys the driver, after `flush`. What is not at the site by now waits in the spool.
    virtual void release() noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do, and let the
    // core ask the plugin's card before it calls what an older plugin cannot have.

protected:
    ~BackendDriver() = default;
};

static_assert(CrossesBoundary<AnnounceDelta> && sizeof(AnnounceDelta) == 248);
static_assert(CrossesBoundary<ControlRequest> && sizeof(ControlRequest) == 88);
static_assert(CrossesBoundary<TrackerNumbers> && sizeof(TrackerNumbers) == 104);
static_assert(CrossesBoundary<SiteRules> && sizeof(SiteRules) == 88);
static_assert(CrossesBoundary<BackendSetup> && sizeof(BackendSetup) == 56);

}  // namespace chihaya
