#pragma once

/// @file site_rows.hpp
/// Rows of a site's tables, as tests compare them.

#include <cstdint>
#include <iosfwd>
#include <string>

namespace chihaya::test {

/// What a user's totals have grown by.
struct Credit {
    std::int64_t uploaded = 0;
    std::int64_t downloaded = 0;
    friend bool operator==(const Credit&, const Credit&) = default;
};
std::ostream& operator<<(std::ostream& out, const Credit& credit);

/// Seeders and leechers of a torrent.
struct Crowd {
    std::int64_t seeders = 0;
    std::int64_t leechers = 0;
    friend bool operator==(const Crowd&, const Crowd&) = default;
};
std::ostream& operator<<(std::ostream& out, const Crowd& crowd);

/// The counters of a torrent, wherever the dialect keeps them.
struct TorrentRow {
    Crowd crowd{};
    std::int64_t snatched = 0;
    std::int64_t balance = 0;
    std::int64_t last_action = 0;  // Unix time; 0: it was never seeded
};

/// A row of xbt_files_users.
struct PeerRow {
    bool active = false;
    std::int64_t announced = 0;
    std::int64_t uploaded = 0;
    std::int64_t downloaded = 0;
    std::int64_t remaining = 0;
    std::int64_t corrupt = 0;
    std::int64_t upspeed = 0;
    std::int64_t downspeed = 0;
    std::int64_t timespent = 0;
    std::int64_t mtime = 0;
    std::string user_agent{};
    std::string ip{};
};

/// A row of xbt_snatched.
struct SnatchRow {
    std::uint32_t user = 0;
    std::uint32_t torrent = 0;
    std::int64_t at = 0;  // Unix time
    std::string ip{};
};

/// A row of users_freeleeches.
struct TokenRow {
    bool expired = false;
    std::int64_t downloaded = 0;
    std::int64_t uses = 0;
};

}  // namespace chihaya::test
