#include "plugins/memory/replay.hpp"

#include <algorithm>

namespace chihaya::memory {

bool Erased::has_swarm(const SavedPiece& piece) const noexcept {
    const auto by_name = [](const auto& a, const auto& b) {
        return a.first.bytes < b.first.bytes;
    };
    const auto found =
        std::ranges::lower_bound(swarms, std::pair(piece.info_hash, std::uint64_t{0}), by_name);
    return found != swarms.end() && found->first == piece.info_hash &&
           found->second >= piece.journal_bytes;
}

bool Erased::has_user(UserId user, const SavedPiece& piece) const {
    const auto found = users.find(static_cast<std::uint64_t>(user));
    return found != users.end() && found->second >= piece.journal_bytes;
}

void Erased::settle() {
    std::ranges::sort(swarms, [](const auto& a, const auto& b) {
        return a.first.bytes != b.first.bytes ? a.first.bytes < b.first.bytes : a.second > b.second;
    });
    const auto same = [](const auto& a, const auto& b) {
        return a.first == b.first;
    };
    swarms.erase(std::unique(swarms.begin(), swarms.end(), same), swarms.end());
}

void Effects::erase(std::span<const UserId> users) {
    for (const UserId user : matters_ ? users : std::span<const UserId>()) {
        erased_.users[static_cast<std::uint64_t>(user)] = offset_;
    }
}

void Effects::erase(std::span<const TorrentErasure> torrents) {
    for (const TorrentErasure& torrent : matters_ ? torrents : std::span<const TorrentErasure>()) {
        erased_.swarms.emplace_back(torrent.info_hash, offset_);
    }
}

}  // namespace chihaya::memory
