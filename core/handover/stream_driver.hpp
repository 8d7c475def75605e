#pragma once

/// @file stream_driver.hpp
/// The driver of the process that takes over, as far as it can be written to from here.

#include "chihaya/tracker_driver.hpp"
#include "core/handover/sender.hpp"

namespace chihaya::handover {

/// What is put into it is sent. It has no sessions, and nothing can be read from it.
/// Thread: as `TrackerDriver` says
class StreamDriver final : public TrackerDriver {
public:
    /// Lifetime: the sender outlives it
    explicit StreamDriver(Sender& sender) : sender_(sender) {}

    TrackerSession* open_session(Host& worker) noexcept override;
    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status load(RegistrySink& sink) noexcept override;
    Status follow(RegistrySink& sink) noexcept override;
    void unfollow() noexcept override {}
    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override;
    Status read_swarms(SwarmSink& sink) noexcept override;
    Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept override;
    Status reconfigure(const TrackerSetup& setup) noexcept override;
    Status health() noexcept override { return {}; }
    void report(MetricSink& /*sink*/) noexcept override {}
    void release() noexcept override { delete this; }
    bool has_current_histories() noexcept override { return true; }

private:
    Sender& sender_;
};

}  // namespace chihaya::handover
