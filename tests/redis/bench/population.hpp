#pragma once

/// @file population.hpp
/// The swarms and peers that the driver is measured with, all derived from their indices, and what
/// a right reply to each of them is.

#include "chihaya/announce.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::redis::bench {

/// What the peers of every swarm are.
enum class Mix : std::uint8_t {
    ipv4,      // public, IPv4 alone
    accounts,  // IPv4, each with an account
    families,  // public: of ten peers six have IPv4, two IPv6, two both
};

/// Peers of one swarm, at most: each has a port of its own.
inline constexpr std::uint32_t peers_max = 65'521;

struct Who {
    std::uint32_t swarm = 0;
    std::uint32_t peer = 0;
};

/// A third of the peers seed.
class Population {
public:
    /// Errors: std::bad_alloc
    Population(std::uint32_t swarms, std::uint32_t peers, Mix mix);

    [[nodiscard]] std::uint32_t swarms() const noexcept { return swarms_; }
    [[nodiscard]] std::uint32_t peers() const noexcept { return peers_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return std::uint64_t{swarms_} * peers_; }

    /// An order in which everybody comes once, and neighbours are of different swarms; it begins
    /// anew at `size`.
    [[nodiscard]] Who at(std::uint64_t place) const noexcept;

    [[nodiscard]] static InfoHash info_hash(std::uint32_t swarm) noexcept;
    [[nodiscard]] static Ipv4Endpoint ipv4(Who who) noexcept;
    [[nodiscard]] static Ipv6Endpoint ipv6(Who who) noexcept;

    /// Fills in all but the room and the event.
    void describe(Who who, std::uint32_t want, AnnounceRequest& request) const noexcept;

    /// The number of peers, and the counts, of a reply to `request` of `who` in a full swarm.
    [[nodiscard]] AnnounceReply expected(Who who, const AnnounceRequest& request) const noexcept;

    /// Is every peer handed out another one of the same swarm, and none there twice?
    [[nodiscard]] bool are_members(Who asking, const AnnounceRequest& request,
                                   const AnnounceReply& reply);

private:
    struct Families {
        bool ipv4 = false;
        bool ipv6 = false;
    };
    [[nodiscard]] Families families(std::uint32_t peer) const noexcept;
    [[nodiscard]] bool is_new(std::uint32_t peer) noexcept;
    [[nodiscard]] std::uint32_t peer_at(std::uint8_t high, std::uint8_t low) const noexcept;

    std::uint32_t swarms_;
    std::uint32_t peers_;
    Mix mix_;
    std::uint64_t stride_;
    std::uint32_t seeders_ = 0;
    std::array<std::uint32_t, 2> ipv4_{};  // of all, of leechers
    std::array<std::uint32_t, 2> ipv6_{};
    std::vector<std::uint32_t> by_port_;
    std::vector<std::uint64_t> seen_;  // by peer: the last list that named it
    std::uint64_t list_ = 0;
};

}  // namespace chihaya::redis::bench
