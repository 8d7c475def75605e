#pragma once

/// @file registry_store.hpp
/// The shared copy of the registry in Redis: what TrackerDriver says of put, erase, load, follow.

#include "chihaya/registry.hpp"
#include "plugins/redis/client.hpp"
#include "plugins/redis/heartbeat.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/registry_codec.hpp"
#include "plugins/redis/registry_feed.hpp"
#include "plugins/redis/registry_keys.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace chihaya::redis {

/// Records go out in changes of a few hundred, each of them one step in Redis together with its
/// entry in the feed. Several trackers may write: what is carried out last counts, and all of them
/// hear of it in that order.
///
/// Thread: any, but `follow` and `unfollow` one at a time; a write waits for other writes of this
///         process, a load for other loads. Nothing that is called by a sink may wait for them
/// Errors: `unavailable` when Redis is away; then some of a write, or all, may have been done
class RegistryStore {
public:
    /// Lifetime: `log` outlives it; the parameters are copied
    /// Errors:   std::bad_alloc
    RegistryStore(Host& log, const Parameters& parameters);

    Status put_users(std::span<const UserRecord> users) noexcept;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept;
    Status put_clients(std::span<const ClientRecord> clients) noexcept;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept;
    Status erase_users(std::span<const UserId> users) noexcept;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept;

    /// When there is another registry than the one that this process has loaded, Redis has lost
    /// that: records that are only here shall not be withdrawn. Then, after all there is, one
    /// process is told `lost` and the others `unavailable`, until the load of the one that follows
    /// its puts.
    Status load(RegistrySink& sink) noexcept;

    Status follow(RegistrySink& sink) noexcept { return feed_.start(sink); }
    void unfollow() noexcept { feed_.stop(); }

private:
    template <class Record>
    Status write(Change change, const std::string& key, std::span<const Record> records) noexcept;
    template <class Record>
    void add_change(Change change, const std::string& key, std::span<const Record> records);
    template <class Record, class Take>
    Status load_all(Client& reader, const std::string& key, Take take);
    void give_up_putting_back() noexcept;
    Status load_everything(RegistrySink& sink);
    Status check_epoch(Client& reader);
    Status take_over(Client& reader, std::uint64_t known, std::uint64_t epoch);
    enum class Claim : std::uint8_t { others, taken, held };  // just taken, or held before
    [[nodiscard]] Status hold_claim(Client& reader, Claim& claim);

    Host& log_;
    const Parameters parameters_;
    const RegistryKeys keys_;
    RegistryFeed feed_;

    std::mutex writing_;
    std::unique_ptr<Client> writer_;  // under `writing_`
    std::string data_;                // likewise

    const std::string name_ = new_secret();  // of this process, among those that may put back
    std::atomic<bool> has_loaded_{false};
    std::atomic<bool> is_putting_back_{false};  // told to, and no write has failed since
    std::atomic<bool> has_told_of_loss_{false};
};

}  // namespace chihaya::redis
