#pragma once

/// @file swarm.hpp
/// One swarm: 56 bytes in which up to three plain IPv4 peers fit, or pointers to more.
///
/// Start here, then swarm.cpp and membership.cpp (who joins, who leaves), choice.cpp (whom a reply
/// holds) and expiry.cpp (who is forgotten).

#include "chihaya/announce.hpp"
#include "plugins/memory/members.hpp"
#include "plugins/memory/peer_array.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace chihaya::memory {

/// What is told about a peer, by itself or by a record of it.
struct Sighting {
    Ipv4Endpoint ipv4{};
    Ipv6Endpoint ipv6{};
    PeerId peer_id{};
    UserId user = UserId::none;
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0;
    std::uint64_t corrupt = 0;
    std::uint32_t client_key = 0;
    PeerFlags flags = PeerFlags::none;
    bool new_stay = false;
    Moment at{};

    [[nodiscard]] bool is(PeerFlags flag) const noexcept { return has(flags, flag); }
    [[nodiscard]] bool needs_member() const noexcept {
        return user != UserId::none || (ipv4.present() && ipv6.present());
    }
};

/// What a swarm knew about a peer, and where the peer is now.
struct Seen {
    PeerHistory history{};
    std::uint32_t member = absent;
    std::array<std::uint32_t, 2> position{absent, absent};  // of its endpoints, by family

    /// Is it anywhere? Its history may be unknown all the same.
    [[nodiscard]] bool is_here() const noexcept {
        return member != absent || position[0] != absent || position[1] != absent;
    }
};

/// What a tracker adds up over its swarms.
struct Tally {
    std::uint32_t seeders = 0;
    std::uint32_t leechers = 0;
    std::uint32_t ipv6 = 0;          // of both kinds: peers that have an IPv6 address
    std::uint32_t ipv6_seeders = 0;  // and those of them that are seeders
};

/// Trivial, so that a table may move it byte by byte: what it holds is released by `release`.
/// Not thread-safe: its shard's lock is held around it.
class Swarm {
public:
    static constexpr std::uint32_t inline_max = 3;

    /// A plain IPv4 peer in the record itself. Never owned: that flag means "hidden" here.
    struct InlinePeer {
        Ipv4Endpoint endpoint;
        std::uint16_t meta;

        [[nodiscard]] bool is_hidden() const noexcept { return (meta & row::owned) != 0; }
        [[nodiscard]] bool is_seeder() const noexcept { return (meta & row::seeder) != 0; }
        [[nodiscard]] bool is_partial() const noexcept { return (meta & row::partial) != 0; }
    };
    struct Blocks {
        PeerArray<Ipv4Endpoint> ipv4;
        PeerArray<Ipv6Endpoint> ipv6;
        Members* members;
    };

    void start(const InfoHash& name, std::uint32_t hash, std::uint16_t tick) noexcept;
    void release(Heap& heap) noexcept;

    /// Takes the peer in, or takes note of what it says now.
    /// Errors: std::bad_alloc; nothing has changed
    Seen see(const Sighting& sighting, const Surroundings& in);
    /// So many rows of each family are about to come: makes room for them at once.
    /// Errors: std::bad_alloc; then there is less room
    void expect(std::uint32_t ipv4, std::uint32_t ipv6, const Surroundings& in);
    /// Forgets the peer, if it is known.
    Seen leave(const Sighting& sighting, const Surroundings& in) noexcept;
    /// Forgets everybody.
    void clear(Heap& heap) noexcept;

    /// What is known about the peer, without changing anything.
    [[nodiscard]] Seen look(const Sighting& sighting, const Surroundings& in) const noexcept;

    [[nodiscard]] SwarmCounts counts() const noexcept;
    [[nodiscard]] Tally tally() const noexcept;
    /// Is nobody here, and nobody remembered?
    [[nodiscard]] bool is_empty() const noexcept;
    void count_snatch() noexcept { snatches_ += snatches_ != ~std::uint32_t{0} ? 1 : 0; }
    void raise_snatches(std::uint32_t snatches) noexcept;

    [[nodiscard]] const InfoHash& info_hash() const noexcept { return info_hash_; }
    [[nodiscard]] std::uint32_t hash() const noexcept { return hash_; }
    [[nodiscard]] bool is_registered() const noexcept { return registered_; }
    void set_registered() noexcept { registered_ = true; }

    [[nodiscard]] bool is_inline() const noexcept { return inline_; }
    [[nodiscard]] std::uint32_t inline_count() const noexcept { return inline_count_; }
    [[nodiscard]] const InlinePeer& inline_peer(std::uint32_t at) const noexcept {
        return held_.peers[at];
    }
    /// Only when not inline.
    [[nodiscard]] Blocks& blocks() noexcept { return held_.blocks; }
    [[nodiscard]] const Blocks& blocks() const noexcept { return held_.blocks; }

    // For expiry.cpp.
    void remove_inline(std::uint32_t at) noexcept;
    void remove_member(std::uint32_t at, const Surroundings& in) noexcept;
    template <class Endpoint>
    void unplace(std::uint32_t member, const Surroundings& in) noexcept;
    /// Gives back what is not needed any more.
    void tidy(const Surroundings& in) noexcept;
    /// No peer without an account announced before this tick; a sweep may pass by until it is over.
    [[nodiscard]] std::uint16_t oldest() const noexcept { return oldest_; }
    void set_oldest(std::uint16_t tick) noexcept { oldest_ = tick; }

    template <class Endpoint>
    [[nodiscard]] PeerArray<Endpoint>& array() noexcept {
        if constexpr (family<Endpoint> == 0) {
            return held_.blocks.ipv4;
        } else {
            return held_.blocks.ipv6;
        }
    }
    template <class Endpoint>
    [[nodiscard]] const PeerArray<Endpoint>& array() const noexcept {
        if constexpr (family<Endpoint> == 0) {
            return held_.blocks.ipv4;
        } else {
            return held_.blocks.ipv6;
        }
    }

private:
    union Held {
        std::array<InlinePeer, inline_max> peers;
        Blocks blocks;
        Held() : peers{} {}
    };

    [[nodiscard]] std::uint32_t find_inline(const Ipv4Endpoint& endpoint) const noexcept;
    Seen see_inline(const Sighting& sighting, std::uint32_t at, const Surroundings& in);
    template <class Endpoint>
    Seen see_alone(const Sighting& sighting, const Endpoint& endpoint, const Surroundings& in);
    Seen see_member(const Sighting& sighting, const Surroundings& in);
    [[nodiscard]] std::uint32_t find_member(const Sighting& sighting,
                                            const Surroundings& in) const noexcept;
    std::uint32_t add_member(const Sighting& sighting, Seen& seen, const Surroundings& in) noexcept;
    template <class Endpoint>
    void place(std::uint32_t member, const Sighting& sighting, const Endpoint& endpoint,
               const Surroundings& in) noexcept;
    template <class Endpoint>
    [[nodiscard]] bool yields(const PeerArray<Endpoint>& all, std::uint32_t at, std::uint64_t user,
                              const Surroundings& in) const noexcept;
    void spread(const Surroundings& in);

    InfoHash info_hash_{};
    std::uint32_t snatches_ = 0;
    Held held_;
    std::uint32_t hash_ = 0;
    std::uint16_t oldest_ = 0;
    std::uint8_t inline_count_ : 6 = 0;
    bool inline_ : 1 = true;
    bool registered_ : 1 = false;
};
static_assert(sizeof(Swarm) == 56);

/// The row of somebody who says this.
[[nodiscard]] std::uint16_t meta_of(const Sighting& sighting) noexcept;
[[nodiscard]] Region region_of(PeerFlags flags) noexcept;

/// The history of a peer of which nothing else is kept.
[[nodiscard]] PeerHistory known_as(bool seeder) noexcept;

/// The history of a member: whole, if it has an account, and none if it is unsure.
[[nodiscard]] PeerHistory history_of(const Member& member) noexcept;

}  // namespace chihaya::memory
