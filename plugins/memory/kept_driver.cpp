#include "plugins/memory/memory_driver.hpp"
#include "plugins/memory/parameters.hpp"

#include <exception>
#include <new>
#include <utility>

// The part of the driver that lets its state survive: what is written down, restored and changed.

namespace chihaya::memory {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

Keeper::Plan plan_of(const Parameters& parameters, const TrackerSetup& setup) {
    return {.file = parameters.snapshot,
            .interval = parameters.snapshot_interval,
            .registry = setup.registry};
}

}  // namespace

Stock MemoryDriver::stock() noexcept {
    return {.shards = {shards_.get(), shard_count},
            .secret = secret_,
            .ticks = ticks_,
            .now = [this] { return latest(); },
            .rules = [this] { return rules(); },
            .erased =
                [this] {
                    return sweep_.erased();
                }};
}

std::shared_ptr<Keeper> MemoryDriver::keeper() noexcept {
    const std::lock_guard lock(keeper_mutex_);
    return keeper_;
}

bool MemoryDriver::keep(const Parameters& parameters, const TrackerSetup& setup) {
    if (parameters.snapshot.empty()) {
        return true;
    }
    auto keeper = std::make_shared<Keeper>(control_, stock(), plan_of(parameters, setup));
    if (!(setup.restore ? keeper->start() : keeper->start_anew())) {
        return false;
    }
    has_histories_ = !setup.restore || keeper->has_all();
    const std::lock_guard lock(keeper_mutex_);
    keeper_ = std::move(keeper);
    return true;
}

bool MemoryDriver::keep_elsewhere(const Parameters& parameters, const TrackerSetup& setup) {
    std::shared_ptr<Keeper> next;
    if (!parameters.snapshot.empty()) {
        next = std::make_shared<Keeper>(control_, stock(), plan_of(parameters, setup));
        if (!next->start_anew()) {
            return false;
        }
    }
    {
        const std::lock_guard lock(keeper_mutex_);
        std::swap(keeper_, next);
        if (keeper_ != nullptr && has_sessions_) {
            keeper_->open();
        }
    }
    if (next != nullptr) {
        next->finish(Keeper::Last::none);
    }
    return true;
}

Status MemoryDriver::reconfigure(const TrackerSetup& setup) noexcept {
    try {
        const auto parameters = read_parameters(control_, setup.params, setup.state_dir);
        if (!parameters) {
            return {StatusCode::rejected, "the parameters are wrong; the log says which"};
        }
        if (parameters->peer_ids.value_or(setup.keep_peer_ids) != keep_ids_) {
            return {StatusCode::unsupported, "peer ids are kept from the start or not at all"};
        }
        if (!ticks_.carries(setup.peer_lifetime)) {
            return {StatusCode::unsupported, "the peer lifetime has grown too much"};
        }
        const auto keeper = this->keeper();
        const bool stays = keeper == nullptr ? parameters->snapshot.empty()
                                             : parameters->snapshot == keeper->file();
        if (!stays && !keep_elsewhere(*parameters, setup)) {
            return {StatusCode::unsupported, "the snapshot cannot be written there"};
        }
        if (stays && keeper != nullptr) {
            keeper->set_interval(parameters->snapshot_interval);
        }
    } catch (const std::exception&) {
        return out_of_memory;
    }
    adopt(setup);
    return {};
}

void MemoryDriver::release() noexcept {
    if (const auto keeper = this->keeper(); keeper != nullptr) {
        keeper->finish(has_histories_ || has_accounts_ ? Keeper::Last::final : Keeper::Last::usual);
    }
    delete this;
}

template <class Record, class Apply>
Status MemoryDriver::noted(Change what, std::span<const Record> records, Apply apply) noexcept {
    const auto keeper = this->keeper();
    return keeper == nullptr ? apply() : keeper->registry().change(what, records, apply);
}

Status MemoryDriver::put_users(std::span<const UserRecord> users) noexcept {
    return noted(Change::put_users, users, [] { return Status{}; });
}

Status MemoryDriver::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return noted(Change::put_torrents, torrents, [&] { return register_swarms(torrents); });
}

Status MemoryDriver::put_clients(std::span<const ClientRecord> clients) noexcept {
    return noted(Change::put_clients, clients, [] { return Status{}; });
}

Status MemoryDriver::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return noted(Change::put_tokens, tokens, [] { return Status{}; });
}

Status MemoryDriver::erase_users(std::span<const UserId> users) noexcept {
    return noted(Change::erase_users, users, [&] { return forget_peers(users); });
}

Status MemoryDriver::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return noted(Change::erase_torrents, torrents, [&] { return forget_swarms(torrents); });
}

Status MemoryDriver::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return noted(Change::erase_clients, clients, [] { return Status{}; });
}

Status MemoryDriver::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return noted(Change::erase_tokens, tokens, [] { return Status{}; });
}

Status MemoryDriver::load(RegistrySink& sink) noexcept {
    const auto keeper = this->keeper();
    return keeper == nullptr ? Status{} : keeper->registry().load(sink);
}

Status MemoryDriver::register_swarms(std::span<const TorrentRecord> torrents) noexcept {
    const Moment now = latest();
    try {
        for (const TorrentRecord& torrent : torrents) {
            const std::uint64_t hashed = hash(torrent.info_hash);
            shard_of(hashed).swarms.with([&](SwarmTable& table) {
                Swarm& swarm = table.find_or_add(static_cast<std::uint32_t>(hashed),
                                                 torrent.info_hash, now.tick);
                table.set_registered(swarm);
                swarm.raise_snatches(torrent.snatches);
            });
        }
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
    return {};
}

Status MemoryDriver::forget_swarms(std::span<const TorrentErasure> torrents) noexcept {
    for (const TorrentErasure& torrent : torrents) {
        const std::uint64_t hashed = hash(torrent.info_hash);
        shard_of(hashed).swarms.with([&](SwarmTable& table) {
            Swarm* const swarm = table.find(static_cast<std::uint32_t>(hashed), torrent.info_hash);
            if (swarm != nullptr) {
                table.erase(*swarm);
            }
        });
    }
    return {};
}

Status MemoryDriver::forget_peers(std::span<const UserId> users) noexcept {
    try {
        sweep_.forget(users, latest().second);
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
    return {};
}

}  // namespace chihaya::memory
