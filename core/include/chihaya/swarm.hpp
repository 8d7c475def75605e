#pragma once

/// @file swarm.hpp
/// Whole swarms in transit: out of a driver (snapshots, a change of driver under load, an operator
/// who looks at a torrent, a full scrape) and into one (restore, a site's memory of its peers).

#include "chihaya/status.hpp"
#include "chihaya/types.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace chihaya {

enum class PeerFlags : std::uint32_t {
    none = 0,
    seeder = 1,
    paused = 2,    // a partial seed
    hidden = 4,    // counted, handed to nobody; one with an account needs no endpoint
    dormant = 8,   // kept for its history only: neither counted nor handed out
    current = 16,  // only for add_swarms: it also takes the place of what is known with an
                   // announce at the same moment (as well as the driver can tell moments apart)
    unsure = 32,   // of a peer with an account: it may have announced since, and its counters are
                   // no base to reckon from. Counted and handed out; its next announce, or a
                   // site's memory of it, says what holds. A driver may leave such a peer out
};
template <>
inline constexpr bool is_flag_set<PeerFlags> = true;

/// One peer with all that is known about it. What a driver does not keep is zero.
/// Stability: lies in spans; frozen, spare bytes are zero
struct PeerRecord {
    UserId user = UserId::none;
    PeerId peer_id{};
    Ipv4Endpoint ipv4{};
    Ipv6Endpoint ipv6{};
    std::uint32_t key = 0;
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0;
    std::uint64_t corrupt = 0;
    std::chrono::sys_seconds first_announce{};
    std::chrono::sys_seconds last_announce{};
    std::uint32_t announces = 0;
    PeerFlags flags = PeerFlags::none;
    std::array<std::uint8_t, 24> reserved{};
};

/// Shape: `counts` is what a scrape would say now
struct SwarmRecord {
    InfoHash info_hash{};
    SwarmCounts counts{};
    bool registered = false;  // put by the registry: kept while empty
    std::array<std::uint8_t, 11> reserved{};
};

/// A swarm, or some of its peers, on the way into a driver.
/// Lifetime: `peers` is borrowed
/// Stability: lies in spans; frozen
struct SwarmInTransit {
    SwarmRecord swarm{};
    std::span<const PeerRecord> peers{};
};

/// Takes swarms. Implemented by the host.
/// Thread: that of the call it was handed to; a lock of one swarm may be held: copy and return
class SwarmSink {
public:
    /// A swarm's peers come in one or more calls, one after the other, each with its record; a
    /// swarm without peers comes once.
    /// Lifetime: borrowed until this returns
    /// Errors:   false means "enough": the driver stops and returns ok
    virtual bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept = 0;

    // ABI 1.0 ends here.

protected:
    ~SwarmSink() = default;
};

/// A peer with an account that fell silent and has been forgotten, or has become dormant.
/// Stability: lies in spans; frozen, spare bytes are zero
struct ExpiredPeer {
    InfoHash info_hash{};
    std::uint32_t reserved = 0;
    PeerRecord peer{};
    SwarmCounts counts{};  // of its swarm, afterwards
};

/// Hears of peers that fell silent, so that a site's books can say so. Implemented by the host.
/// Thread: any, workers' included; copies and returns; one call at a time is not promised
class ExpirySink {
public:
    virtual void expired(std::span<const ExpiredPeer> peers) noexcept = 0;

    // ABI 1.0 ends here.

protected:
    ~ExpirySink() = default;
};

static_assert(CrossesBoundary<PeerRecord> && sizeof(PeerRecord) == 136);
static_assert(CrossesBoundary<SwarmRecord> && sizeof(SwarmRecord) == 48);
static_assert(CrossesBoundary<SwarmInTransit> && sizeof(SwarmInTransit) == 64);
static_assert(CrossesBoundary<ExpiredPeer> && sizeof(ExpiredPeer) == 176);

}  // namespace chihaya
