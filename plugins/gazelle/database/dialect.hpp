#pragma once

/// @file dialect.hpp
/// Where a site's tables differ from another's: names, and how wide a text column is.

#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace chihaya::gazelle {

/// Source: information_schema of the site's database
struct Dialect {
    DialectName name = DialectName::automatic;  // never that once it is known

    // Where totals are, e.g. "users_main" and "ID", or "users_leech_stats" and "UserID".
    std::string user_totals{};
    std::string user_key{};
    std::string torrent_totals{};
    std::string torrent_key{};

    std::size_t user_agent_max = 51;              // characters of xbt_files_users.useragent
    std::size_t peer_ip_max = 15;                 // of xbt_files_users.ip; 45 and more hold IPv6
    std::size_t snatch_ip_max = 15;               // of xbt_snatched.IP
    std::uint64_t speed_max = 4'294'967'295;      // of upspeed and downspeed
    std::uint64_t timespent_max = 4'294'967'295;  // of timespent
};

/// Finds out. `wanted` other than automatic settles the name; the widths are always looked up.
/// Errors: those of the queries; `ask_operator` with the table's name where one is missing
[[nodiscard]] DatabaseError find_dialect(Connection& connection, const Parameters& parameters,
                                         Dialect& dialect);

}  // namespace chihaya::gazelle
