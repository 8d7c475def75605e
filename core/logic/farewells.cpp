#include "core/logic/farewells.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <array>
#include <mutex>

namespace chihaya::logic {
namespace {

/// As many as are made up at a time, on the stack.
constexpr std::size_t piece = 32;
static_assert(piece <= limits::batch_max);

DeltaFlags flags_of(const PeerRecord& peer, const Roster& roster) noexcept {
    auto flags = DeltaFlags::expired;
    if (has(peer.flags, PeerFlags::seeder)) {
        flags = flags | DeltaFlags::is_seeder;
    }
    if (has(peer.flags, PeerFlags::paused)) {
        flags = flags | DeltaFlags::is_paused;
    }
    const auto user = roster.user(peer.user);
    if (!user || has(user->flags, UserFlags::hidden)) {
        flags = flags | DeltaFlags::hidden;
    }
    return flags;
}

}  // namespace

AnnounceDelta farewell(const ExpiredPeer& gone, const Roster& roster) noexcept {
    const PeerRecord& peer = gone.peer;
    const auto torrent = roster.torrent(gone.info_hash);
    AnnounceDelta delta;
    delta.user = peer.user;
    delta.torrent = torrent ? torrent->id : TorrentId::none;
    delta.info_hash = gone.info_hash;
    delta.peer_id = peer.peer_id;
    delta.ipv4 = peer.ipv4;
    delta.ipv6 = peer.ipv6;
    delta.uploaded = peer.uploaded;
    delta.downloaded = peer.downloaded;
    delta.left = peer.left;
    delta.corrupt = peer.corrupt;
    delta.at = peer.last_announce;
    delta.stay = std::max(peer.last_announce - peer.first_announce, std::chrono::seconds(0));
    delta.counts = gone.counts;
    delta.flags = flags_of(peer, roster);
    delta.announces = peer.announces;
    return delta;
}

void Farewells::open(const Roster& roster, BackendDriver& backend) noexcept {
    const std::unique_lock lock(mutex_);
    roster_ = &roster;
    backend_ = &backend;
}

void Farewells::close() noexcept {
    const std::unique_lock lock(mutex_);
    roster_ = nullptr;
    backend_ = nullptr;
}

void Farewells::expired(std::span<const ExpiredPeer> peers) noexcept {
    const std::shared_lock lock(mutex_);
    std::array<AnnounceDelta, piece> deltas;
    while (backend_ != nullptr && !peers.empty()) {
        const auto some = peers.first(std::min(peers.size(), deltas.size()));
        std::ranges::transform(some, deltas.begin(),
                               [&](const ExpiredPeer& gone) { return farewell(gone, *roster_); });
        backend_->record(std::span(deltas).first(some.size()));
        peers = peers.subspan(some.size());
    }
}

}  // namespace chihaya::logic
