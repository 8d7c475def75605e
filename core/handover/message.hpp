#pragma once

/// @file message.hpp
/// What a tracker and the one that takes its place say to each other. Both run on one machine and
/// as one user: records travel as they lie in memory, and `layout` says whether both mean the same
/// by them.
///
///     new                              old
///     hello                        ->
///                                  <-  welcome, or refused
///                                  <-  sockets (with descriptors), key
///     ready: its drivers are made  ->
///                                  <-  users, torrents, clients, tokens, swarms, ... erased,
///                                      stopped: as often as it takes
///                                  <-  freed: its workers rest and its backend driver is gone
///                                  <-  swarms, ... that were left
///                                  <-  connections (with descriptors)
///                                  <-  yours
///     taken                        ->
///                                  <-  go: from here on the new one is the tracker
///                                  <-  connections that were still being answered
///
/// Whoever closes before `go` has not done it, and the old tracker goes on.

#include "chihaya/announce.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/swarm.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::handover {

/// Changes with the messages and their order.
inline constexpr std::uint32_t protocol_version = 1;

enum class Kind : std::uint32_t {
    hello = 1,
    welcome,
    refused,  // body: why
    ready,
    sockets,
    key,
    put_users,
    put_torrents,
    put_clients,
    put_tokens,
    erase_users,
    erase_torrents,
    erase_clients,
    erase_tokens,
    swarms,
    erased,
    stopped,
    freed,
    connections,
    yours,
    taken,
    go,
};
inline constexpr Kind last_kind = Kind::go;

/// Lifetime: whoever has a message closes its descriptors
struct Message {
    Kind kind{};
    std::string body;
    std::vector<int> descriptors;
};

/// What both must mean the same by: the sizes of the records that travel.
inline constexpr std::uint64_t layout = sizeof(UserRecord) | sizeof(TorrentRecord) << 8U |
                                        sizeof(ClientRecord) << 16U | sizeof(TokenRecord) << 24U |
                                        sizeof(TorrentErasure) << 32U | sizeof(SwarmRecord) << 40U |
                                        sizeof(PeerRecord) << 48U | sizeof(AnnounceRequest) << 56U;

}  // namespace chihaya::handover
