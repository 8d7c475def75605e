#pragma once

/// @file distorted_driver.hpp
/// A tracker driver that does one thing wrong: a good driver inside, and a distortion on the way in
/// or out. The contract must fail it, or the contract does not say what the distortion breaks.

#include "core/plugin/loader.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace chihaya::test {

/// A reply on its way out, free to be changed.
struct Draft {
    AnnounceReply reply;
    std::vector<Ipv4Endpoint> ipv4;
    std::vector<Ipv6Endpoint> ipv6;
    std::vector<PeerId> ipv4_ids;  // empty, or as many as endpoints
    std::vector<PeerId> ipv6_ids;
};

/// Calls that answer ok and do nothing.
enum class Call {
    put_torrents,
    erase_torrents,
    erase_users,
    read_some,
    read_swarms,
    add_swarms,
    reconfigure,
    report,
    scrape,
    announce,
    has_current_histories,
};

/// What is done wrong. A member that is not set changes nothing.
struct Distortion {
    std::string name;
    std::set<Call> ignored{};
    std::function<void(TrackerSetup&)> setup{};
    std::function<void(AnnounceRequest&)> request{};
    std::function<void(const AnnounceRequest&, Draft&)> reply{};
    std::function<void(AnnounceSink&, const AnnounceReply&)> answer{};
    std::function<void(std::vector<AnnounceCall>&)> batch{};
    std::function<void(std::vector<SwarmCounts>&)> scrape{};
    std::function<void(SwarmRecord&, std::vector<PeerRecord>&)> shown{};
    std::function<void(SwarmRecord&, std::vector<PeerRecord>&)> added{};
    std::function<void(std::vector<SwarmInTransit>&)> added_all{};
    std::function<void(std::vector<InfoHash>&)> names{};
    std::function<void(TorrentRecord&)> put{};
    std::function<void(const void* session, Host&)> opened{};
    bool is_never_enough = false;  // what a sink says is not heeded
};

/// `make` makes the good driver. The distortion outlives what is returned.
plugin::TrackerDriverPtr distort(
    const Distortion& distortion, const TrackerSetup& setup,
    const std::function<plugin::TrackerDriverPtr(const TrackerSetup&)>& make);

/// All of them; the first, "none", distorts nothing.
const std::vector<Distortion>& distortions();

}  // namespace chihaya::test
