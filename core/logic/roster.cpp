#include "core/logic/roster.hpp"

#include "core/logic/roster_change.hpp"
#include "core/logic/roster_replica.hpp"
#include "core/logic/roster_tables.hpp"
#include "core/logic/site_load.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chihaya::logic {

Roster::Roster(TrackerDriver& driver)
    : driver_(driver),
      tables_(std::make_unique<RosterTables>()),
      replica_(std::make_unique<Replica>(changes_, *tables_)) {}

Roster::~Roster() = default;

std::optional<UserRecord> Roster::user(std::string_view passkey) const noexcept {
    return tables_->user(passkey);
}

std::optional<UserRecord> Roster::user(UserId id) const noexcept {
    return tables_->user(id);
}

std::optional<TorrentRecord> Roster::torrent(const InfoHash& info_hash) const noexcept {
    return tables_->torrent(info_hash);
}

bool Roster::has_token(UserId user, const InfoHash& info_hash) const noexcept {
    return tables_->has_token(user, info_hash);
}

TorrentErasure Roster::erasure(const InfoHash& info_hash) const noexcept {
    return tables_->erasure(info_hash);
}

bool Roster::approves(const PeerId& peer_id) const noexcept {
    return tables_->approves(peer_id);
}

bool Roster::lists_no_client() const noexcept {
    return tables_->lists_no_client();
}

bool Roster::has_client(const PeerIdPrefix& prefix) const noexcept {
    return tables_->has_client(prefix);
}

Roster::Sizes Roster::sizes() const noexcept {
    return tables_->sizes();
}

std::size_t Roster::bytes() const noexcept {
    return tables_->bytes();
}

Roster::Page<UserRecord, UserId> Roster::users(std::optional<UserId> after,
                                               std::size_t limit) const {
    Page<UserRecord, UserId> page;
    const std::vector<UserId> ids = tables_->user_ids_after(after, limit);
    for (const UserId id : ids) {
        if (const auto user = tables_->user(id)) {
            page.records.push_back(*user);
        }
    }
    page.last = !ids.empty() && ids.size() == limit ? std::optional(ids.back()) : std::nullopt;
    return page;
}

Roster::Page<TorrentRecord, InfoHash> Roster::torrents(std::optional<InfoHash> after,
                                                       std::size_t limit) const {
    Page<TorrentRecord, InfoHash> page;
    const std::vector<InfoHash> names = tables_->info_hashes_after(after, limit);
    for (const InfoHash& name : names) {
        if (const auto torrent = tables_->torrent(name)) {
            page.records.push_back(*torrent);
        }
    }
    page.last =
        !names.empty() && names.size() == limit ? std::optional(names.back()) : std::nullopt;
    return page;
}

RegistrySink& Roster::replica() noexcept {
    return *replica_;
}

Status Roster::load() noexcept {
    const bool withdraws = replica_->take_lapse();
    tables_->begin_load();
    Loading loading(*tables_);
    const Status loaded = driver_.load(loading);
    const Status ended = tables_->end_load(withdraws && loaded.ok());
    const Status status = loaded.ok() ? ended : loaded;
    if (withdraws && !status.ok()) {
        replica_->keep_lapse();
    }
    return status;
}

Status Roster::put_back() noexcept {
    return put_back(driver_);
}

Status Roster::put_back(TrackerDriver& driver) noexcept {
    return tables_->put_back(driver, changes_);
}

void Roster::forget_lapse() noexcept {
    static_cast<void>(replica_->take_lapse());
}

void Roster::on_lapsed(std::function<void()> hook) {
    tables_->on_lapsed(std::move(hook));
}

Status Roster::load_site(BackendDriver& site, std::span<const ClientRecord> kept,
                         const std::atomic<bool>& ends, SiteFindings& findings,
                         MassErasure erasure) noexcept {
    SiteLoad load({.roster = *this, .driver = driver_, .turn = changes_, .tables = *tables_}, ends,
                  findings);
    return load.run(site, kept, erasure);
}

void Roster::on_site_lapsed(std::function<void()> hook) {
    site_lapsed_hook_ = std::move(hook);
}

template <class Write, class Publish>
Status Roster::write_through(Write write, Publish publish) noexcept {
    const std::lock_guard lock(changes_);
    const Status written = write();
    return written.ok() ? publish() : written;
}

Status Roster::put_users(std::span<const UserRecord> users) noexcept {
    return write_through([&] { return driver_.put_users(users); },
                         [&] { return tables_->put_users(users); });
}

Status Roster::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return write_through([&] { return driver_.put_torrents(torrents); },
                         [&] { return tables_->put_torrents(torrents); });
}

Status Roster::put_clients(std::span<const ClientRecord> clients) noexcept {
    return write_through([&] { return driver_.put_clients(clients); },
                         [&] { return tables_->put_clients(clients); });
}

Status Roster::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write_through([&] { return driver_.put_tokens(tokens); },
                         [&] { return tables_->put_tokens(tokens); });
}

Status Roster::erase_users(std::span<const UserId> users) noexcept {
    return write_through([&] { return driver_.erase_users(users); },
                         [&] { return tables_->erase_users(users); });
}

Status Roster::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return write_through([&] { return driver_.erase_torrents(torrents); },
                         [&] { return tables_->erase_torrents(torrents); });
}

Status Roster::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return write_through([&] { return driver_.erase_clients(clients); },
                         [&] { return tables_->erase_clients(clients); });
}

Status Roster::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write_through([&] { return driver_.erase_tokens(tokens); },
                         [&] { return tables_->erase_tokens(tokens); });
}

/// Counted, and handed to nobody until they announce: what a site remembers is no address.
Status Roster::remember_peers(const InfoHash& info_hash,
                              std::span<const PeerRecord> peers) noexcept {
    std::array<PeerRecord, 64> hidden;
    while (!peers.empty()) {
        const std::size_t count = std::min(peers.size(), hidden.size());
        const std::span some = std::span(hidden).first(count);
        std::ranges::copy(peers.first(count), some.begin());
        for (PeerRecord& peer : some) {
            if (!has(peer.flags, PeerFlags::dormant)) {
                peer.flags = peer.flags | PeerFlags::hidden;
            }
        }
        const Status taken = driver_.add_peers({.info_hash = info_hash}, some);
        if (!taken.ok()) {
            return taken;
        }
        peers = peers.subspan(count);
    }
    return {};
}

void Roster::lapsed() noexcept {
    run_hook(site_lapsed_hook_);
}

}  // namespace chihaya::logic
