#pragma once

/// @file announce.hpp
/// One announce: what the core asks of a session, and what it is told.

#include "chihaya/address.hpp"
#include "chihaya/status.hpp"
#include "chihaya/types.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya {

enum class AnnounceFlags : std::uint32_t {
    none = 0,
    want_peer_ids = 1,      // fill `PeerRoom::ipv4_ids` and `ipv6_ids`, where the driver has them
    only_leechers = 2,      // the announcer seeds: hand it leechers (partial seeds are leechers)
    hidden = 4,             // count this peer, hand it to nobody
    own_families_only = 8,  // hand out only families in which the announcer itself can be reached
};
template <>
inline constexpr bool is_flag_set<AnnounceFlags> = true;

/// Where a session writes the peers it hands out: the place they leave from, so that a peer is
/// copied once on its way from the swarm to the wire.
///
/// Shape:    `num_want_ipv4` entries of 6 bytes, `num_want_ipv6` entries of 18 bytes, and as many
///           peer ids when they are wanted (null otherwise); null where none are wanted
/// Lifetime: the host's; valid until the sink is answered
struct PeerRoom {
    std::uint8_t* ipv4 = nullptr;
    std::uint8_t* ipv6 = nullptr;
    PeerId* ipv4_ids = nullptr;
    PeerId* ipv6_ids = nullptr;
};

/// One announce, already parsed, sanitised and authorised by the core.
///
/// The peer is a seeder when `left == 0`, a partial seed when it is not and `event` is `paused`.
/// At least one endpoint is present. An unknown amount left is `left == unknown_left`.
///
/// Stability: filled by the host; may grow at the end
struct AnnounceRequest {
    InfoHash info_hash{};
    PeerId peer_id{};
    Ipv4Endpoint ipv4{};
    Ipv6Endpoint ipv6{};
    std::uint64_t uploaded = 0;    // bytes since `started`, as the client claims
    std::uint64_t downloaded = 0;  // likewise
    std::uint64_t left = 0;        // bytes
    std::uint64_t corrupt = 0;     // bytes that failed their hash check, as the client claims
    UserId user = UserId::none;
    Event event = Event::none;
    std::uint32_t key = 0;            // the client's own token, kept for the record
    std::uint32_t num_want_ipv4 = 0;  // at most so many, already clamped; 0 is none
    std::uint32_t num_want_ipv6 = 0;
    AnnounceFlags flags = AnnounceFlags::none;
    std::uint32_t reserved = 0;
    PeerRoom room{};
};

/// `AnnounceRequest::left` of a client that did not say, or said nonsense: a leecher.
inline constexpr std::uint64_t unknown_left = ~std::uint64_t{0};

/// Who a peer is, within one swarm.
///
/// With an account, the account and the peer id: the client may roam between addresses and
/// families and stays one peer. Without one, the address and port it is reached at (IPv4 when it
/// gave both), because a peer id that nobody vouches for would let a stranger end another's stay.
///
/// Shape: user id (8, big-endian), then peer id (20); or 8 zeros, the endpoint with IPv4 mapped
///        into IPv6 (18), 2 zeros
struct PeerKey {
    std::array<std::uint8_t, 28> bytes{};
    friend bool operator==(const PeerKey&, const PeerKey&) = default;
};

/// The one definition of identity. A driver may store it in any form that compares the same.
[[nodiscard]] constexpr PeerKey peer_key(const AnnounceRequest& request) noexcept {
    PeerKey key;
    auto* const out = key.bytes.data();
    if (request.user != UserId::none) {
        const auto user = static_cast<std::uint64_t>(request.user);
        for (unsigned i = 0; i < 8; ++i) {
            key.bytes[i] = static_cast<std::uint8_t>(user >> (56U - 8U * i));
        }
        std::copy(request.peer_id.bytes.begin(), request.peer_id.bytes.end(), out + 8);
    } else if (request.ipv4.present()) {
        key.bytes[18] = key.bytes[19] = 0xff;
        std::copy(request.ipv4.wire.begin(), request.ipv4.wire.end(), out + 20);
    } else {
        std::copy(request.ipv6.wire.begin(), request.ipv6.wire.end(), out + 8);
    }
    return key;
}

/// What the driver knew about the peer before this announce. The core does all accounting from it.
///
/// A peer with an account has the whole history, exactly. Of a peer without one a driver owes
/// `known` and `was_seeder` only: nobody keeps books on it, and its memory is counted in single
/// bytes. What is not kept is zero.
///
/// A stay begins with the first announce, and anew with every `started`.
///
/// Shape:     all zero when `known` is false
/// Stability: filled by the plugin; frozen
struct PeerHistory {
    std::uint64_t uploaded = 0;  // as last announced
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0;
    std::uint64_t corrupt = 0;
    std::chrono::sys_seconds first_announce{};  // of this stay
    std::chrono::sys_seconds last_announce{};
    std::uint32_t announces = 0;  // in this stay
    bool known = false;
    bool was_seeder = false;
    bool was_dormant = false;  // known for its history only: it was not counted any more
    std::uint8_t reserved = 0;
    friend bool operator==(const PeerHistory&, const PeerHistory&) = default;
};

/// Stability: filled by the plugin; frozen
struct AnnounceReply {
    SwarmCounts counts{};  // after the announce was applied
    PeerHistory history{};
    std::uint32_t ipv4_peers = 0;  // entries written to `PeerRoom::ipv4`
    std::uint32_t ipv6_peers = 0;
    bool has_peer_ids = false;  // as many ids were written, in the same order
    std::array<std::uint8_t, 7> reserved{};
};

/// Receives the outcome of one announce. Implemented by the host.
///
/// Exactly one member is called, exactly once, on the session's thread; possibly before
/// `TrackerSession::announce` returns, possibly with a lock of the driver held. Therefore a sink
/// copies what it needs and returns: it calls neither session nor driver.
class AnnounceSink {
public:
    /// Lifetime: `reply` is borrowed until this returns
    virtual void done(const AnnounceReply& reply) noexcept = 0;

    /// The announce may have been applied or not.
    virtual void failed(Status status) noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do.

protected:
    ~AnnounceSink() = default;
};

/// One element of a batch. Pointers, so that the request can grow while the stride stays.
struct AnnounceCall {
    const AnnounceRequest* request = nullptr;  // never null
    AnnounceSink* sink = nullptr;              // never null
};

static_assert(CrossesBoundary<AnnounceRequest> && sizeof(AnnounceRequest) == 160);
static_assert(CrossesBoundary<PeerKey> && sizeof(PeerKey) == 28);
static_assert(CrossesBoundary<PeerHistory> && sizeof(PeerHistory) == 56);
static_assert(CrossesBoundary<AnnounceReply> && sizeof(AnnounceReply) == 88);
static_assert(CrossesBoundary<AnnounceCall> && sizeof(AnnounceCall) == 16);
static_assert(offsetof(AnnounceRequest, uploaded) == 64 && offsetof(AnnounceRequest, flags) == 120);

}  // namespace chihaya
