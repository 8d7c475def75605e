#include "core/base/limits.hpp"
#include "core/logic/carry.hpp"

#include <exception>
#include <utility>

namespace chihaya::logic {

template <class Write>
void ChangedSwarms::write(Write write) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        if (changes_.peers.size() + changes_.stops.size() + changes_.erased.size() >=
            limits::carry_notes_max) {
            changes_.is_complete = false;
        } else if (changes_.is_complete) {
            write();
        }
    } catch (const std::exception&) {
        changes_.is_complete = false;
    }
}

void ChangedSwarms::note(const AnnounceRequest& request) noexcept {
    write([&] {
        if (request.event == Event::stopped) {
            AnnounceRequest stop = request;
            stop.room = {};
            stop.num_want_ipv4 = stop.num_want_ipv6 = 0;
            stop.flags = AnnounceFlags::none;
            changes_.stops.push_back(stop);
        }
        changes_.peers.push_back({request.info_hash, peer_key(request)});
    });
}

void ChangedSwarms::note_silent(const ExpiredPeer& gone) noexcept {
    AnnounceRequest stop;
    stop.info_hash = gone.info_hash;
    stop.peer_id = gone.peer.peer_id;
    stop.ipv4 = gone.peer.ipv4;
    stop.ipv6 = gone.peer.ipv6;
    stop.user = gone.peer.user;
    stop.event = Event::stopped;
    note(stop);
}

void ChangedSwarms::note_swarm(const InfoHash& info_hash) noexcept {
    write([&] { changes_.peers.push_back({info_hash, everybody}); });
}

void ChangedSwarms::note_erased(std::span<const TorrentErasure> torrents) noexcept {
    for (const TorrentErasure& torrent : torrents) {
        write([&] {
            changes_.erased.push_back(torrent);
            changes_.peers.push_back({torrent.info_hash, everybody});
        });
    }
}

ChangedSwarms::Changes ChangedSwarms::take() noexcept {
    const std::lock_guard lock(mutex_);
    noted_ += changes_.peers.size();
    return std::exchange(changes_, {});
}

std::uint64_t ChangedSwarms::noted() noexcept {
    const std::lock_guard lock(mutex_);
    return noted_ + changes_.peers.size();
}

}  // namespace chihaya::logic
