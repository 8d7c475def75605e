#pragma once

/// @file roster.hpp
/// The registry in this process: users, torrents, approved clients and tokens, looked up by every
/// announce of a private tracker and by the client list of a public one.
///
/// Writers (the management API, a backend driver that loads, a change feed) write through to the
/// tracker driver, whose shared copy survives a restart, and then publish here. Readers take a
/// shard's lock for a look-up and copy what they need.

#include "chihaya/registry.hpp"
#include "chihaya/tracker_driver.hpp"
#include "chihaya/types.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::logic {

/// Thread: look-ups and writes from any thread; writes block while they are written through
class Roster final : public RegistrySink {
public:
    /// `driver` is written through to. Lifetime: it outlives the roster
    explicit Roster(TrackerDriver& driver);
    ~Roster();
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    // Look-ups: no allocation, no wait but for a shard's lock.
    [[nodiscard]] std::optional<UserRecord> user(std::string_view passkey) const noexcept;
    [[nodiscard]] std::optional<TorrentRecord> torrent(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] bool has_token(UserId user, const InfoHash& info_hash) const noexcept;

    /// Why a torrent was erased; empty when it was not, or nobody said.
    [[nodiscard]] TorrentErasure erasure(const InfoHash& info_hash) const noexcept;

    /// Is there an approved prefix that `peer_id` begins with?
    [[nodiscard]] bool approves(const PeerId& peer_id) const noexcept;

    /// Is exactly this prefix on the list?
    [[nodiscard]] bool has_client(const PeerIdPrefix& prefix) const noexcept;

    struct Sizes {
        std::size_t users = 0;
        std::size_t torrents = 0;
        std::size_t clients = 0;
        std::size_t tokens = 0;
    };
    [[nodiscard]] Sizes sizes() const noexcept;

    // RegistrySink: writes. Not ok means that nothing was changed here.
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
    struct Tables;
    TrackerDriver& driver_;
    std::unique_ptr<Tables> tables_;
};

}  // namespace chihaya::logic
