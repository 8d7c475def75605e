#pragma once

/// @file redis_driver.hpp
/// Swarms and the shared copy of the registry in Redis, for any number of trackers.

#include "chihaya/tracker_driver.hpp"
#include "plugins/redis/client.hpp"
#include "plugins/redis/registry_store.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/swarm_lanes.hpp"
#include "plugins/redis/swarm_store.hpp"

#include <memory>
#include <mutex>
#include <optional>

namespace chihaya::redis {

/// The parameters, with no longer a timeout than the tracker gives a session.
/// Errors: as read_parameters
[[nodiscard]] std::optional<Parameters> parameters_for(Host& control, const TrackerSetup& setup);

class RedisDriver final : public TrackerDriver {
public:
    /// Asks Redis for the secret of the pages; when Redis is away the sessions will. Counts all
    /// swarms when no tracker has been there for so long that Redis may have forgotten some.
    /// Lifetime: `control` outlives the driver
    /// Errors:   std::bad_alloc, std::system_error when there are no more descriptors
    RedisDriver(Host& control, const TrackerSetup& setup, const Parameters& parameters);

    TrackerSession* open_session(Host& worker) noexcept override;

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return registry_.put_users(users);
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return registry_.put_clients(clients);
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return registry_.put_tokens(tokens);
    }
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return registry_.erase_clients(clients);
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return registry_.erase_tokens(tokens);
    }
    Status load(RegistrySink& sink) noexcept override { return registry_.load(sink); }
    Status follow(RegistrySink& sink) noexcept override { return registry_.follow(sink); }
    void unfollow() noexcept override { registry_.unfollow(); }

    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override;
    Status read_swarms(SwarmSink& sink) noexcept override;
    Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept override;

    Status reconfigure(const TrackerSetup& setup) noexcept override;
    Status health() noexcept override;
    void report(MetricSink& sink) noexcept override;
    void release() noexcept override { delete this; }
    bool has_current_histories() noexcept override { return true; }

private:
    Host& control_;
    Shared shared_;
    RegistryStore registry_;
    SwarmStore swarms_;
    SwarmLanes lanes_;  // single ones
    std::mutex asking_;
    Client health_;  // under `asking_`
};

}  // namespace chihaya::redis
