#pragma once

/// @file stats.hpp
/// `/stats`: what the tracker has done since it started, as JSON.
/// Source: Chihaya v1 of August 2014, whose names stand: "Connections.Open" is one name, with a
///         dot in it; "Peers.IPv4" holds an object

#include "core/management/observer.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

namespace chihaya::management {

/// Builds the page.
///
/// `?flatten` makes one level of it, names joined by dots; `?pretty` indents. Presence is enough.
///
/// Numbers come from the workers' counters and from what the drivers report; those stand under
/// `Drivers` as well, by driver and metric. These reported names have a place in v1's fields:
/// `swarms`, `swarms_added`, `swarms_removed` (by an announce or the registry), `purged_swarms` (by
/// a sweep) in Torrents.*; `peers_ipv4`, `peers_ipv6`, `seeders_ipv4`, `seeders_ipv6` are `Current`
/// in Peers.*, where a peer with any IPv6 address belongs to IPv6. What joined, or was
/// there from the start, did not leave and is not there any more was reaped; where a driver does
/// not say who is there, `Current` is what joined and did not leave.
///
/// What v1 did not have is in stats_sections.hpp.
[[nodiscard]] Reply stats_reply(Observer& observer, const Target& target);

}  // namespace chihaya::management
