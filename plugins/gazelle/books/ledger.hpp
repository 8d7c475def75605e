#pragma once

/// @file ledger.hpp
/// What the database does not have yet, summed up by what it has rows for: its size follows from
/// how many users, torrents and peers were active, not from how long it was away.

#include "plugins/gazelle/books/entry.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace chihaya::gazelle {

/// To be added to a user's totals.
struct UserSums {
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
};

/// Counts are absolute; the rest is to be added.
struct TorrentSums {
    std::uint32_t seeders = 0;
    std::uint32_t leechers = 0;
    std::uint64_t snatches = 0;
    std::int64_t balance = 0;  // uploaded less downloaded less corrupt, as clients report
    std::int64_t at = 0;       // of the counts; Unix time, milliseconds
};

struct PeerKey {
    std::array<std::uint8_t, 20> peer_id{};
    std::uint64_t torrent = 0;
    std::uint64_t user = 0;
    friend auto operator<=>(const PeerKey&, const PeerKey&) = default;
};

/// A row of xbt_files_users, but for what the database knows better: `connectable`, `completed`.
struct PeerRow {
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t up_speed = 0;    // bytes a second
    std::uint64_t down_speed = 0;  // likewise
    std::int64_t at = 0;           // of the announce; Unix time, milliseconds
    std::uint32_t stay = 0;        // seconds since the first announce of this stay
    std::uint32_t announces = 0;
    bool is_active = true;   // neither stopped nor silent for too long
    bool is_hidden = false;  // no address of this user is recorded
    bool has_moved = false;  // bytes, or its state: to leave this row out would credit them twice
    std::uint8_t user_agent_size = 0;
    std::array<std::uint8_t, 4> ipv4{};
    std::array<std::uint8_t, 16> ipv6{};
    std::array<char, kept_user_agent> user_agent{};

    [[nodiscard]] std::string_view agent() const noexcept {
        return {user_agent.data(), user_agent_size};
    }
};

struct TokenKey {
    std::uint64_t user = 0;
    std::uint64_t torrent = 0;
    friend auto operator<=>(const TokenKey&, const TokenKey&) = default;
};

struct Snatch {
    std::uint64_t user = 0;
    std::uint64_t torrent = 0;
    std::int64_t at = 0;  // Unix time, milliseconds
    bool is_hidden = false;
    std::array<std::uint8_t, 4> ipv4{};
    std::array<std::uint8_t, 16> ipv6{};
};

/// Keyed by what this process has drawn by lot: peer ids are chosen by clients.
class KeyHash {
public:
    using is_avalanching = void;
    [[nodiscard]] std::size_t operator()(std::uint64_t number) const noexcept;
    [[nodiscard]] std::size_t operator()(const PeerKey& key) const noexcept;
    [[nodiscard]] std::size_t operator()(const TokenKey& key) const noexcept;
};

/// Thread: one at a time
class Ledger {
public:
    /// `shows_torrent`: the swarm's counts shall be written even when nothing else of it changed.
    /// Errors: std::bad_alloc; then the entry is not part of it
    void add(const Entry& entry, bool shows_torrent);

    /// Takes in what came before or after; what is absolute is taken from the later of both.
    /// Errors: std::bad_alloc; then nothing has changed
    void add(const Ledger& other);

    /// Leaves out rows of peers that only say "still here", oldest not first: they say it again.
    /// Returns: how many
    std::size_t drop_quiet_peers();

    /// Moves rows of so many peers out of it, or of all. Errors: std::bad_alloc; nothing has
    /// changed
    [[nodiscard]] Ledger take_peers(std::size_t count);

    /// What it takes in memory and on disk, about. Units: bytes
    [[nodiscard]] std::size_t bytes() const noexcept;

    void clear() noexcept;
    [[nodiscard]] bool empty() const noexcept;

    boost::unordered_flat_map<std::uint64_t, UserSums, KeyHash> users{};
    boost::unordered_flat_map<std::uint64_t, TorrentSums, KeyHash> torrents{};
    boost::unordered_flat_map<TokenKey, std::uint64_t, KeyHash>
        tokens{};  // downloaded, to be added
    boost::unordered_flat_map<PeerKey, PeerRow, KeyHash> peers{};
    std::vector<Snatch> snatches{};

private:
    void make_room();
};

}  // namespace chihaya::gazelle
