#include "core/app/registry_feed.hpp"

#include <exception>
#include <utility>

namespace chihaya::app {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr auto nothing = [](auto& /*changes*/, auto& /*notes*/) {
};

}  // namespace

void RegistryFeed::note_in(logic::ChangedSwarms& notes) noexcept {
    const std::lock_guard lock(mutex_);
    notes_ = &notes;
}

void RegistryFeed::end_notes() noexcept {
    bool has_lapsed = false;
    {
        const std::lock_guard lock(mutex_);
        notes_ = nullptr;
        changes_ = {};
        has_lapsed = std::exchange(has_lapsed_, false);
    }
    if (has_lapsed && roster_ != nullptr) {
        roster_->lapsed();
    }
}

void RegistryFeed::drop_notes() noexcept {
    const std::lock_guard lock(mutex_);
    notes_ = nullptr;
    has_lapsed_ = false;
}

RegistryFeed::Changes RegistryFeed::take() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(changes_, {});
}

template <class Pass, class Note>
Status RegistryFeed::passed(Pass pass, Note note) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (notes_ != nullptr) {
            changes_.any = true;
            note(changes_, *notes_);
        }
    } catch (const std::exception&) {
        return out_of_memory;
    }
    return pass(*roster_);
}

Status RegistryFeed::put_users(std::span<const UserRecord> users) noexcept {
    return passed([&](auto& to) { return to.put_users(users); }, nothing);
}

Status RegistryFeed::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return passed([&](auto& to) { return to.put_torrents(torrents); }, nothing);
}

Status RegistryFeed::put_clients(std::span<const ClientRecord> clients) noexcept {
    return passed([&](auto& to) { return to.put_clients(clients); }, nothing);
}

Status RegistryFeed::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return passed([&](auto& to) { return to.put_tokens(tokens); }, nothing);
}

Status RegistryFeed::erase_users(std::span<const UserId> users) noexcept {
    return passed([&](auto& to) { return to.erase_users(users); },
                  [&](Changes& changes, auto& /*notes*/) {
                      changes.users.insert(changes.users.end(), users.begin(), users.end());
                  });
}

Status RegistryFeed::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return passed([&](auto& to) { return to.erase_torrents(torrents); },
                  [&](Changes& /*changes*/, auto& notes) { notes.note_erased(torrents); });
}

Status RegistryFeed::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return passed([&](auto& to) { return to.erase_clients(clients); }, nothing);
}

Status RegistryFeed::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return passed([&](auto& to) { return to.erase_tokens(tokens); }, nothing);
}

Status RegistryFeed::remember_peers(const InfoHash& info_hash,
                                    std::span<const PeerRecord> peers) noexcept {
    return roster_->remember_peers(info_hash, peers);
}

void RegistryFeed::lapsed() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (notes_ != nullptr) {
            has_lapsed_ = true;
            return;
        }
    }
    roster_->lapsed();
}

}  // namespace chihaya::app
