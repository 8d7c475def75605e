#pragma once

/// @file registry_store.hpp
/// The shared copy of the registry in Redis: what TrackerDriver says of put, erase, load, follow.

#include "chihaya/registry.hpp"
#include "plugins/redis/client.hpp"
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

    /// Ends with `unavailable`, after all there is, when that is another registry than the one this
    /// process has known: Redis has lost it, and records that are only here shall not be withdrawn.
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
    Status load_everything(RegistrySink& sink);
    Status check_epoch(Client& reader);

    Host& log_;
    const Parameters parameters_;
    const RegistryKeys keys_;
    RegistryFeed feed_;

    std::mutex writing_;
    std::unique_ptr<Client> writer_;  // under `writing_`
    std::string data_;                // likewise

    std::atomic<bool> has_told_of_loss_{false};
};

}  // namespace chihaya::redis
