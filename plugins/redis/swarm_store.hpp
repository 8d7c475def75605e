#pragma once

/// @file swarm_store.hpp
/// Swarms off the path of announces: registered, erased, read and taken in.

#include "chihaya/registry.hpp"
#include "chihaya/swarm.hpp"
#include "plugins/redis/client.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/shared.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

namespace chihaya::redis {

/// Thread: any; one call waits for the other
/// Errors: std::bad_alloc; `unavailable` when Redis is away, and then some of it may have been done
class SwarmStore {
public:
    /// Lifetime: both outlive this
    /// Errors:   std::bad_alloc, std::system_error when there are no more descriptors
    SwarmStore(Host& control, Shared& shared);

    /// Learns the secret of the pages, or sets it where there is none.
    Status learn_secret();

    /// Sums up all swarms anew when nobody has looked after them for longer than Redis keeps them.
    /// Cost: some microseconds of Redis for every swarm there is
    Status recount_after_pause();

    Status register_swarms(std::span<const TorrentRecord> torrents);
    Status erase_swarms(std::span<const TorrentErasure> torrents);
    Status read(std::span<const InfoHash> names, SwarmSink& sink);
    Status read_all(SwarmSink& sink);
    Status take_in(std::span<const SwarmInTransit> swarms);

    /// Looks through every swarm for peers of `users`.
    /// Cost: some microseconds of Redis for every swarm there is
    Status forget_users(std::span<const UserId> users);

private:
    /// Some swarms' names; false is "enough".
    using ShowNames = std::function<Status(std::span<const InfoHash> names, bool& goes_on)>;

    Status for_all_names(const ShowNames& show);
    Status scan(std::uint16_t slot, const ShowNames& show, bool& goes_on);
    Status show_swarms(std::span<const InfoHash> names, SwarmSink& sink, bool& goes_on);
    Status forget_in(std::span<const InfoHash> names, const std::string& users);

    Shared& shared_;
    std::mutex mutex_;
    Client client_;  // this and what follows under `mutex_`
    Keyspace keyspace_;
    Command command_;
};

}  // namespace chihaya::redis
