#pragma once

/// @file registry_feed.hpp
/// What a tracker driver passes on of the shared registry, on its way to the roster.

#include "chihaya/registry.hpp"
#include "core/logic/carry.hpp"

#include <mutex>
#include <span>
#include <vector>

namespace chihaya::app {

/// While another driver takes over, it also remembers what that one has to be told.
/// Thread: one driver's calls, one at a time; the rest from any
class RegistryFeed final : public RegistrySink {
public:
    /// Whom to pass on to. Set before the driver is followed. Lifetime: until it is unfollowed
    void pass_to(RegistrySink& roster) noexcept { roster_ = &roster; }

    /// Notes what is erased, and keeps back lapses, from now on.
    void note_in(logic::ChangedSwarms& notes) noexcept;
    /// No more. A lapse that was kept back is passed on.
    void end_notes() noexcept;
    /// No more, and what was kept back is forgotten.
    void drop_notes() noexcept;

    /// Accounts that others have erased, and whether others have changed anything, since `note_in`.
    struct Changes {
        std::vector<UserId> users;
        bool any = false;
    };
    [[nodiscard]] Changes take() noexcept;

    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status remember_peers(const InfoHash& info_hash,
                          std::span<const PeerRecord> peers) noexcept override;
    void lapsed() noexcept override;

private:
    template <class Pass, class Note>
    Status passed(Pass pass, Note note) noexcept;

    RegistrySink* roster_ = nullptr;
    std::mutex mutex_;  // protects what follows
    logic::ChangedSwarms* notes_ = nullptr;
    Changes changes_;
    bool has_lapsed_ = false;
};

}  // namespace chihaya::app
