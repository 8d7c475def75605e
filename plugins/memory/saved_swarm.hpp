#pragma once

/// @file saved_swarm.hpp
/// Swarms as they lie in a snapshot: in pieces of bounded size, eight bytes for a plain IPv4 peer.

#include "chihaya/swarm.hpp"
#include "plugins/memory/bytes.hpp"
#include "plugins/memory/moment.hpp"
#include "plugins/memory/transit.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace chihaya::memory {

/// Writes one swarm, piece after piece.
class SwarmEncoder {
public:
    /// Lifetime: `copy` is borrowed
    SwarmEncoder(SwarmCopy& copy, const TickScale& ticks) noexcept;

    /// Writes the next piece; ages are counted back from `as_of`.
    /// Returns: is there more? Errors: std::bad_alloc
    bool next(ByteWriter& to, const Moment& as_of);

    [[nodiscard]] std::uint64_t peers() const noexcept { return peers_; }

private:
    void inline_rows(ByteWriter& to, const Moment& as_of);
    template <class Endpoint>
    void rows(const PeerArray<Endpoint>& all, std::uint32_t count, std::uint32_t& at,
              ByteWriter& to, const Moment& as_of);
    void member(const Member& member, ByteWriter& to, const Moment& as_of) const;
    template <class Endpoint>
    void place(const PeerArray<Endpoint>& all, std::uint32_t at, ByteWriter& to,
               const Moment& as_of) const;

    SwarmCopy& copy_;
    const TickScale& ticks_;
    PeerArray<Ipv4Endpoint> ipv4_;
    PeerArray<Ipv6Endpoint> ipv6_;
    std::uint32_t ipv4_left_ = 0;  // rows of nobody
    std::uint32_t ipv6_left_ = 0;
    std::uint32_t ipv4_at_ = 0;
    std::uint32_t ipv6_at_ = 0;
    std::uint32_t member_at_ = 0;
    std::uint64_t peers_ = 0;
    bool has_ids_ = false;
    bool begun_ = false;
};

/// What a piece says of its swarm.
struct SavedPiece {
    InfoHash info_hash{};
    std::uint32_t snatches = 0;
    bool is_registered = false;
    bool is_continued = false;        // of the same swarm as the piece before
    std::uint64_t journal_bytes = 0;  // how far the journal had come when it was copied
    std::uint32_t ipv4 = 0;           // rows of either family, and members
    std::uint32_t ipv6 = 0;
    std::uint32_t members = 0;
};

/// A peer of a piece.
struct SavedPeer {
    PeerRecord record;
    std::array<std::uint32_t, 2> seen{};  // when each endpoint was announced, in Unix seconds
};

/// How a block counts its time.
struct SavedTime {
    std::uint32_t as_of = 0;         // Unix seconds
    std::uint32_t tick_seconds = 1;  // not 0
    std::uint32_t earlier_by = 0;    // so far is the writer's clock ahead of this one's
};

/// Reads one piece; `peers` are replaced.
/// Returns: false when it is none, or not whole. Errors: std::bad_alloc
[[nodiscard]] bool decode_piece(ByteReader& from, const SavedTime& time, SavedPiece& piece,
                                std::vector<SavedPeer>& peers);

}  // namespace chihaya::memory
