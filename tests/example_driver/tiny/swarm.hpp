#pragma once

/// @file swarm.hpp
/// One swarm: its peers, its counts, and what announces, time and restores do to them.

#include "chihaya/announce.hpp"
#include "chihaya/swarm.hpp"
#include "chihaya/tracker_driver.hpp"

#include <array>
#include <map>
#include <vector>

namespace tiny {

using chihaya::AnnounceRequest;
using chihaya::InfoHash;
using chihaya::PeerHistory;
using chihaya::PeerRecord;
using chihaya::Time;
using chihaya::TrackerSetup;

/// A peer as the driver keeps it. The record holds seconds; these hold the moments themselves.
struct Peer {
    PeerRecord record{};
    Time announced{};  // last, in any family
    Time ipv4_announced{};
    Time ipv6_announced{};

    [[nodiscard]] bool is_seeder() const { return has(record.flags, chihaya::PeerFlags::seeder); }
    [[nodiscard]] bool is_hidden() const { return has(record.flags, chihaya::PeerFlags::hidden); }
    [[nodiscard]] bool is_dormant() const { return has(record.flags, chihaya::PeerFlags::dormant); }
};

class Swarm {
public:
    using Key = std::array<std::uint8_t, 28>;  // the bytes of chihaya::PeerKey
    using Peers = std::map<Key, Peer>;

    /// Applies one announce and says what was known before.
    PeerHistory announce(const AnnounceRequest& request, Time now);

    /// Takes over a peer from elsewhere, unless a later announce of it is known.
    void add(const PeerRecord& record, Time now, const TrackerSetup& setup);

    void raise_snatches(std::uint32_t snatches);
    void forget_user(chihaya::UserId user);

    /// Forgets peers and endpoints whose time is over; `gone` gets those with an account that fell
    /// silent.
    void expire(Time now, const TrackerSetup& setup, std::vector<PeerRecord>& gone);

    [[nodiscard]] const Peers& peers() const { return peers_; }
    [[nodiscard]] const chihaya::SwarmCounts& counts() const { return counts_; }

    bool is_registered = false;

private:
    /// Adds a peer to the counts, or (-1) takes it out. Dormant peers are not in them.
    void count(const Peer& peer, int sign);
    Peers::iterator remove(Peers::iterator peer);

    Peers peers_;
    chihaya::SwarmCounts counts_;
};

}  // namespace tiny
