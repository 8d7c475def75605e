#pragma once

/// @file tiny_driver.hpp
/// The driver and its sessions. One mutex protects everything: that is enough to be right, and the
/// first thing that a fast driver does differently.

#include "chihaya/tracker_driver.hpp"

#include "swarm.hpp"
#include <array>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace tiny {

using chihaya::Host;
using chihaya::Status;

/// Is the `params` text an empty JSON object, or nothing at all?
[[nodiscard]] bool has_no_parameters(std::string_view params);

class Driver final : public chihaya::TrackerDriver {
public:
    Driver(Host& control, const TrackerSetup& setup);
    ~Driver();
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // What sessions ask for.
    void announce(const AnnounceRequest& request, Time now, chihaya::AnnounceReply& reply);
    std::vector<chihaya::SwarmCounts> scrape(std::span<const InfoHash> info_hashes);

    chihaya::TrackerSession* open_session(Host& worker) noexcept override;

    Status put_users(std::span<const chihaya::UserRecord> users) noexcept override;
    Status put_torrents(std::span<const chihaya::TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const chihaya::ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const chihaya::TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const chihaya::UserId> users) noexcept override;
    Status erase_torrents(std::span<const chihaya::TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const chihaya::PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const chihaya::TokenRecord> tokens) noexcept override;
    Status load(chihaya::RegistrySink& sink) noexcept override;
    Status follow(chihaya::RegistrySink& sink) noexcept override;
    void unfollow() noexcept override;

    Status read_some(std::span<const InfoHash> names, chihaya::SwarmSink& sink) noexcept override;
    Status read_swarms(chihaya::SwarmSink& sink) noexcept override;
    Status add_swarms(std::span<const chihaya::SwarmInTransit> swarms) noexcept override;

    Status reconfigure(const TrackerSetup& setup) noexcept override;
    Status health() noexcept override;
    void report(chihaya::MetricSink& sink) noexcept override;
    void release() noexcept override;
    // Nothing survives here: either there is a tracker that swarms come from, or there are none.
    bool has_current_histories() noexcept override { return is_carried_to_; }

private:
    using Swarms = std::map<std::array<std::uint8_t, 20>, Swarm>;

    void sweep() noexcept;
    std::vector<chihaya::ExpiredPeer> expire();
    [[nodiscard]] bool is_forgettable(const Swarm& swarm) const;
    bool show(const InfoHash& info_hash, chihaya::SwarmSink& sink);
    void add(const chihaya::SwarmRecord& record, std::span<const PeerRecord> peers);

    Host& control_;
    const bool is_carried_to_;

    std::mutex mutex_;  // protects what follows
    TrackerSetup setup_;
    Time now_;  // the latest moment that any loop has told
    Swarms swarms_;
    std::mt19937_64 random_{std::random_device()()};
};

/// Hands everything on to the driver and answers at once.
class Session final : public chihaya::TrackerSession {
public:
    Session(Driver& driver, Host& worker) : driver_(driver), worker_(worker) {}

    void announce(std::span<const chihaya::AnnounceCall> batch) noexcept override;
    void scrape(std::span<const chihaya::ScrapeCall> batch) noexcept override;
    void release() noexcept override { delete this; }

private:
    Driver& driver_;
    Host& worker_;
};

}  // namespace tiny
