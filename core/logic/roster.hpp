#pragma once

/// @file roster.hpp
/// The registry in this process: users, torrents, approved clients and tokens, looked up by every
/// announce of a private tracker and by the client list of a public one.
///
/// Writers (the management API, a backend driver that loads) write through to the tracker driver,
/// whose shared copy survives a restart, and then publish here. What comes from that shared copy
/// (`load`, and `TrackerDriver::follow` with `replica()`) is only published. Readers take a shard's
/// lock for a look-up and copy what they need.
///
/// Other processes may change the same shared copy, and all shall end with the same records: the
/// driver passes on every commit in one order, a write of this process included, so that one is
/// published here before anything that was committed after it.

#include "chihaya/registry.hpp"
#include "chihaya/tracker_driver.hpp"
#include "chihaya/types.hpp"
#include "core/logic/turnstile.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace chihaya {
class BackendDriver;
}

namespace chihaya::logic {

struct SiteFindings;
enum class MassErasure : std::uint8_t;
class Replica;
class RosterTables;

/// Thread: look-ups and writes from any thread; writes block while they are written through, one
///         after the other, so that the shared copy and this one see them in the same order
class Roster final : public RegistrySink {
public:
    /// `driver` is written through to. Lifetime: it outlives the roster's use; destroying the
    /// roster does without it
    explicit Roster(TrackerDriver& driver);
    ~Roster();
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    // Look-ups: no allocation, no wait but for a shard's lock.
    [[nodiscard]] std::optional<UserRecord> user(std::string_view passkey) const noexcept;
    [[nodiscard]] std::optional<UserRecord> user(UserId id) const noexcept;
    [[nodiscard]] std::optional<TorrentRecord> torrent(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] bool has_token(UserId user, const InfoHash& info_hash) const noexcept;

    /// Why a torrent was erased; empty when it was not, or nobody said.
    [[nodiscard]] TorrentErasure erasure(const InfoHash& info_hash) const noexcept;

    /// Is there an approved prefix that `peer_id` begins with? A short one may leave out the dash,
    /// as Chihaya v1 did: see client_list.hpp, where `client_prefix` makes entries from text.
    [[nodiscard]] bool approves(const PeerId& peer_id) const noexcept;

    /// Is nobody on the list?
    [[nodiscard]] bool lists_no_client() const noexcept;

    /// Is exactly this prefix on the list?
    [[nodiscard]] bool has_client(const PeerIdPrefix& prefix) const noexcept;

    /// Is a record that is not here nowhere else? Not while the driver's service has been away
    /// since the start. Whoever fills the roster says so.
    [[nodiscard]] bool is_whole() const noexcept {
        return is_whole_.load(std::memory_order_acquire);
    }
    void set_whole(bool is_whole) noexcept { is_whole_.store(is_whole, std::memory_order_release); }

    /// Is no account to be served before the site has been read? What the driver knows of its
    /// peers is then older than the site's books.
    [[nodiscard]] bool awaits_site() const noexcept {
        return awaits_site_.load(std::memory_order_acquire);
    }
    void set_awaits_site(bool awaits) noexcept {
        awaits_site_.store(awaits, std::memory_order_release);
    }

    /// Up to `limit` records after the one that `after` names, which need not be there any more.
    ///
    /// The order is this process's own. Whoever goes on from `last` until it is empty has seen
    /// every record that stayed exactly once, each as it was when its page was made; what was put
    /// or erased meanwhile, once or not at all.
    /// Cost:   no lock for longer than the keys of one of 64 pieces are copied
    /// Errors: std::bad_alloc
    template <class Record, class Key>
    struct Page {
        std::vector<Record> records;
        std::optional<Key> last;  // empty: there are no more
    };
    [[nodiscard]] Page<UserRecord, UserId> users(std::optional<UserId> after,
                                                 std::size_t limit) const;
    [[nodiscard]] Page<TorrentRecord, InfoHash> torrents(std::optional<InfoHash> after,
                                                         std::size_t limit) const;

    struct Sizes {
        std::size_t users = 0;
        std::size_t torrents = 0;
        std::size_t clients = 0;
        std::size_t tokens = 0;
    };
    [[nodiscard]] Sizes sizes() const noexcept;
    /// The memory that users, torrents and tokens take, about.
    [[nodiscard]] std::size_t bytes() const noexcept;

    /// Publishes without writing through: the sink for `TrackerDriver::follow`. Another thread's
    /// call waits while a write of this process is being written through; one from inside the write
    /// does not.
    [[nodiscard]] RegistrySink& replica() noexcept;

    /// Publishes the driver's shared copy. After a lapse at the replica, records that are not part
    /// of it any more disappear; after a load that fails they stay until one succeeds.
    /// Thread: one at a time
    Status load() noexcept;

    /// Writes all that is here through, some at a time: for a driver that has `lost` its copy.
    /// Errors: the driver's; then only some may be back
    Status put_back() noexcept;

    /// Shows all that is here to `sink`, some thousands at a time, while changes go on: see
    /// `RegistrySource::read`.
    Status show(RegistrySink& sink) const noexcept;

    /// The same into a driver that is not written through to yet. What is written meanwhile is
    /// written to it by somebody else.
    Status put_back(TrackerDriver& driver) noexcept;

    /// What a lapse at the replica would have let disappear at the next load stays: for a driver
    /// that has nothing to do with the one that lapsed. Thread: that of `load`
    void forget_lapse() noexcept;

    /// Reads the whole site: writes what differs, erases what it has no more, and adds what it did
    /// to `findings`. `kept` are clients that stay in any case. It gives up soon after `ends`.
    /// Errors: the site's or the driver's; unsupported when there is no site. Then nothing is
    /// erased
    /// Thread: one at a time
    Status load_site(BackendDriver& site, std::span<const ClientRecord> kept,
                     const std::atomic<bool>& ends, SiteFindings& findings,
                     MassErasure erasure) noexcept;

    /// `hook` is called when the shared copy (the replica) has lapsed, on the thread that says so:
    /// it lets a thread of its owner `load` afresh, and returns. Set before anybody writes.
    void on_lapsed(std::function<void()> hook);

    /// The same for the site, whose lapse is said here, and `load_site`.
    void on_site_lapsed(std::function<void()> hook);

    // RegistrySink: writes. Not ok means that nothing was changed here; when memory ran out, some
    // of the records may have been.
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
    template <class Write, class Publish>
    Status write_through(Write write, Publish publish) noexcept;

    TrackerDriver& driver_;
    Turnstile changes_;  // held while a change is written through and published
    std::unique_ptr<RosterTables> tables_;
    std::unique_ptr<Replica> replica_;
    std::atomic<bool> is_whole_{true};
    std::atomic<bool> awaits_site_{false};
    std::function<void()> site_lapsed_hook_;
};

}  // namespace chihaya::logic
