#pragma once

/// @file memory_driver.hpp
/// Swarms in the heap of the process, shared by all workers. An info-hash belongs to one of many
/// shards, each with a lock that is held for the length of one announce.

#include "chihaya/tracker_driver.hpp"
#include "plugins/memory/ceiling.hpp"
#include "plugins/memory/expiry.hpp"
#include "plugins/memory/keeper.hpp"
#include "plugins/memory/keyed_hash.hpp"
#include "plugins/memory/moment.hpp"
#include "plugins/memory/parameters.hpp"
#include "plugins/memory/stock.hpp"
#include "plugins/memory/swarm_table.hpp"
#include "plugins/memory/transit.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace chihaya::memory {

class MemoryDriver final : public TrackerDriver {
public:
    /// So many that two workers rarely meet and that a shard of a tracker with ten million swarms
    /// still grows within a tenth of a millisecond; so few that an empty tracker is 256 KiB.
    static constexpr std::size_t shard_bits = 11;
    static constexpr std::size_t shard_count = std::size_t{1} << shard_bits;

    /// Errors: std::bad_alloc, std::exception when the system has no random numbers
    MemoryDriver(Host& control, const TrackerSetup& setup, bool keep_ids);

    TrackerSession* open_session(Host& worker) noexcept override;

    /// Restores what was saved, and saves from now on, as the parameters say. Once, before the
    /// first session. Returns: false, after a line to the log, when it cannot be done
    [[nodiscard]] bool keep(const Parameters& parameters, const TrackerSetup& setup);

    // There is no copy of the registry here: only what it says about swarms and peers, and what was
    // saved until it is loaded.
    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status load(RegistrySink& sink) noexcept override;
    Status follow(RegistrySink& /*sink*/) noexcept override { return {}; }
    void unfollow() noexcept override {}

    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override;
    Status read_swarms(SwarmSink& sink) noexcept override;
    Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept override;

    Status reconfigure(const TrackerSetup& setup) noexcept override;
    Status health() noexcept override { return {}; }
    void report(MetricSink& sink) noexcept override;
    void release() noexcept override;
    bool has_current_histories() noexcept override { return has_histories_; }

    // For sessions.
    /// One has ended to which an account has announced: the host has read its site.
    void note_accounts() noexcept { has_accounts_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t hash(const InfoHash& info_hash) const noexcept {
        return secret_.hash(info_hash);
    }
    [[nodiscard]] Shard& shard_of(std::uint64_t hash) noexcept {
        return shards_[hash >> (64 - shard_bits)];  // the low half is the table's
    }
    [[nodiscard]] const HashSecret& secret() const noexcept { return secret_; }
    [[nodiscard]] Rules rules() const noexcept;
    /// Tells the driver the time: off the workers' threads there is no clock.
    void keep_time(const Moment& now) noexcept;
    [[nodiscard]] Ceiling& ceiling() noexcept { return ceiling_; }
    /// Does the next slice of sweeping and passes on who fell silent.
    void sweep(SweepSlice& slice) noexcept;

private:
    void adopt(const TrackerSetup& setup) noexcept;
    [[nodiscard]] Stock stock() noexcept;
    [[nodiscard]] std::shared_ptr<Keeper> keeper() noexcept;
    /// Another file, or none. Returns: false when the new one cannot be had
    [[nodiscard]] bool keep_elsewhere(const Parameters& parameters, const TrackerSetup& setup);
    template <class Record, class Apply>
    Status noted(Change what, std::span<const Record> records, Apply apply) noexcept;
    Status register_swarms(std::span<const TorrentRecord> torrents) noexcept;
    Status forget_swarms(std::span<const TorrentErasure> torrents) noexcept;
    Status forget_peers(std::span<const UserId> users) noexcept;
    [[nodiscard]] Moment latest() const noexcept;
    /// False when the sink has had enough. Errors: std::bad_alloc
    void add(const SwarmInTransit& one, const Moment& now);
    bool show_one(const InfoHash& info_hash, SwarmSink& sink, SwarmCopy& copy);

    Host& control_;
    const HashSecret secret_;
    const TickScale ticks_;
    const bool keep_ids_;

    // What `reconfigure` changes.
    std::atomic<std::uint32_t> peer_lifetime_{0};
    std::atomic<std::uint32_t> history_lifetime_{0};
    std::atomic<bool> purge_empty_{true};
    std::atomic<std::uint8_t> preferred_ipv4_bits_{0};
    std::atomic<std::uint8_t> preferred_ipv6_bits_{0};
    std::atomic<ExpirySink*> expiry_{nullptr};

    std::atomic<std::uint32_t> latest_second_{0};
    std::atomic<std::uint64_t> expired_{0};
    std::atomic<std::uint64_t> purged_{0};
    std::atomic<std::uint64_t> evicted_{0};
    Ceiling ceiling_{shard_count};
    const std::unique_ptr<Shard[]> shards_;
    Sweep sweep_;

    std::mutex keeper_mutex_;  // protects the pointer
    std::shared_ptr<Keeper> keeper_;
    bool has_sessions_ = false;  // likewise
    bool has_histories_;         // what it began with was current
    std::atomic<bool> has_accounts_{false};
};

}  // namespace chihaya::memory
