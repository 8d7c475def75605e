#pragma once

/// @file site_load.hpp
/// Reading the whole site into the roster: only what differs is written, and what the site has no
/// more is erased.

#include "chihaya/backend_driver.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/roster_tables.hpp"
#include "core/logic/site_findings.hpp"
#include "core/logic/turnstile.hpp"

#include <atomic>
#include <span>

namespace chihaya::logic {

/// The sink of one `BackendDriver::load`.
///
/// What anybody else puts or erases while it runs is newer than what the site's pages are read
/// from, and stays. Of two records of one key in one load the first counts.
///
/// Thread: the one that loads
/// Cost:   eight bytes for each record while it runs; a look-up each, and a write where it differs
class SiteLoad final : public RegistrySink {
public:
    struct Parts {
        Roster& roster;
        TrackerDriver& driver;
        Turnstile& turn;
        RosterTables& tables;
    };

    /// `ends`: when it becomes true, the driver is told to stop at its next record.
    /// Lifetime: all that is passed outlives it
    SiteLoad(const Parts& parts, const std::atomic<bool>& ends, SiteFindings& findings) noexcept
        : parts_(parts), ends_(ends), findings_(findings) {}

    /// `kept`: clients that stay although the site does not know them.
    Status run(BackendDriver& site, std::span<const ClientRecord> kept,
               MassErasure erasure) noexcept;

    Status put_users(std::span<const UserRecord> users) noexcept override;
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override;
    Status put_clients(std::span<const ClientRecord> clients) noexcept override;
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override;

    // What a site erases while it is read is a change like any other.
    Status erase_users(std::span<const UserId> users) noexcept override;
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override;
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override;
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override;
    Status remember_peers(const InfoHash& info_hash,
                          std::span<const PeerRecord> peers) noexcept override;
    void lapsed() noexcept override;

private:
    template <class Record, class Write, class Publish>
    Status take(std::span<const Record> records, SiteFinding& finding, Write write,
                Publish publish) noexcept;
    template <class Record, class Write, class Publish>
    Status erase_unseen(std::span<const Record> missing, SiteFinding& finding, Write write,
                        Publish publish);
    Status finish(std::span<const ClientRecord> kept, MassErasure erasure) noexcept;
    [[nodiscard]] bool withholds();
    Status erase_what_is_gone(std::span<const ClientRecord> kept);
    Status after(Status done) noexcept;

    const Parts parts_;
    const std::atomic<bool>& ends_;
    SiteFindings& findings_;
    Status failed_;  // the first write that failed, whatever the driver makes of it
};

}  // namespace chihaya::logic
