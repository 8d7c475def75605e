#pragma once

/// @file registry.hpp
/// The registry: which users, torrents, clients and freeleech tokens a tracker knows.
///
/// Three copies exist. The site's database is the truth (backend driver), the tracker driver keeps
/// a shared copy that survives a restart, and each process holds a roster (core/logic/roster) that
/// announces read without a lock. A put replaces the record of the same key; an erase of what is
/// not there is fine: so replaying changes in order is always safe.
///
/// Stability: records lie in spans; frozen, with spare bytes that are zero until they get a meaning

#include "chihaya/status.hpp"
#include "chihaya/swarm.hpp"
#include "chihaya/types.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya {

/// The user's secret in the announce path. Never logged.
/// Shape: up to 32 bytes of text, NUL-padded
struct Passkey {
    std::array<char, 32> text{};

    [[nodiscard]] constexpr std::string_view view() const noexcept {
        const std::string_view all(text.data(), text.size());
        return all.substr(0, all.find('\0'));
    }
    friend bool operator==(const Passkey&, const Passkey&) = default;
};

enum class UserFlags : std::uint32_t {
    none = 0,
    can_leech = 1,  // may announce with `left > 0`
    hidden = 2,     // the site does not record this user's address
};
template <>
inline constexpr bool is_flag_set<UserFlags> = true;

/// Key: `id`. A put with a new passkey withdraws the old one.
struct UserRecord {
    UserId id = UserId::none;
    Passkey passkey{};
    double up_multiplier = 1.0;    // applied to what is credited, never to what is reported
    double down_multiplier = 1.0;  // likewise
    UserFlags flags = UserFlags::can_leech;
    std::array<std::uint8_t, 20> reserved{};
};

enum class Freeleech : std::uint32_t {
    none = 0,
    free = 1,     // downloads are not charged
    neutral = 2,  // neither downloads nor uploads count
};

/// Key: `info_hash`.
struct TorrentRecord {
    TorrentId id = TorrentId::none;
    InfoHash info_hash{};
    Freeleech freeleech = Freeleech::none;
    double up_multiplier = 1.0;
    double down_multiplier = 1.0;
    std::uint32_t snatches =
        0;  // what the site has counted so far; see TrackerDriver::put_torrents
    std::array<std::uint8_t, 12> reserved{};
};

/// A freeleech token: this user's downloads of this torrent are not charged.
/// Key: both.
/// Source: Gazelle's table users_freeleeches
struct TokenRecord {
    UserId user = UserId::none;
    InfoHash info_hash{};
    std::array<std::uint8_t, 4> reserved{};
    friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

/// A torrent to be erased, and why: the words that its peers are told from now on.
/// Shape: `reason` is text for users, NUL-padded; empty when there is nothing to add
struct TorrentErasure {
    InfoHash info_hash{};
    std::array<char, 44> reason{};
};

/// The first bytes of the peer ids of an approved client, e.g. "-TR4".
/// Shape: `size` bytes, 1..20; the rest zero
struct PeerIdPrefix {
    std::array<std::uint8_t, 20> bytes{};
    std::uint8_t size = 0;
    friend bool operator==(const PeerIdPrefix&, const PeerIdPrefix&) = default;
};

/// Key: `prefix`.
struct ClientRecord {
    PeerIdPrefix prefix{};
    std::array<std::uint8_t, 11> reserved{};
};

/// Takes records and changes. Implemented by the host.
///
/// Thread:   any thread but a worker's; may block while the change is written through
/// Lifetime: spans are borrowed until the call returns
/// Errors:   a status other than ok means the change was not taken; whoever loads stops there
/// Limits:   any number of records in a call; some thousands at a time is best
class RegistrySink {
public:
    virtual Status put_users(std::span<const UserRecord> users) noexcept = 0;
    virtual Status put_torrents(std::span<const TorrentRecord> torrents) noexcept = 0;
    virtual Status put_clients(std::span<const ClientRecord> clients) noexcept = 0;
    virtual Status put_tokens(std::span<const TokenRecord> tokens) noexcept = 0;

    virtual Status erase_users(std::span<const UserId> users) noexcept = 0;
    virtual Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept = 0;
    virtual Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept = 0;
    virtual Status erase_tokens(std::span<const TokenRecord> tokens) noexcept = 0;

    /// Peers that a site remembers from before this process started: their counters become the
    /// base of what is credited next. Those without `PeerFlags::dormant` are counted until they
    /// have been silent for the peer lifetime; none is handed out before it announces, so none
    /// needs an endpoint.
    /// Only from `BackendDriver::load`; a tracker driver that knows a later announce keeps that.
    virtual Status remember_peers(const InfoHash& info_hash,
                                  std::span<const PeerRecord> peers) noexcept = 0;

    /// Changes may have been missed (a connection was lost, a log was trimmed). The host answers
    /// with a fresh `load` from a thread of its own.
    virtual void lapsed() noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do.

protected:
    ~RegistrySink() = default;
};

/// Shows the registry of this process. Implemented by the host.
class RegistrySource {
public:
    /// Puts every user, torrent, approved client and token into `sink`, within the call, some
    /// thousands at a time, while announces and changes go on: each record as it is at some moment
    /// during the call.
    /// Thread: any but a worker's, one call at a time; never inside a put or erase of the driver
    /// Errors: what `sink` says when it is not ok; the call ends there
    virtual Status read(RegistrySink& sink) noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do.

protected:
    ~RegistrySource() = default;
};

static_assert(CrossesBoundary<UserRecord> && sizeof(UserRecord) == 80);
static_assert(CrossesBoundary<TorrentRecord> && sizeof(TorrentRecord) == 64);
static_assert(CrossesBoundary<TokenRecord> && sizeof(TokenRecord) == 32);
static_assert(CrossesBoundary<TorrentErasure> && sizeof(TorrentErasure) == 64);
static_assert(CrossesBoundary<PeerIdPrefix> && sizeof(PeerIdPrefix) == 21);
static_assert(CrossesBoundary<ClientRecord> && sizeof(ClientRecord) == 32);

}  // namespace chihaya
