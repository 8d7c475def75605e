#pragma once

/// @file gazelle_site.hpp
/// The database of a small Gazelle site, in a test's own MariaDB.
///
/// Users 10 to 16, of passkeys 'A'*32 to 'F'*32 and 'a'*32: 10 has totals of 1000000 up and 500000
/// down, 11 may not leech, 12 is invisible, 13 is disabled, 14 comes from 127.0.0.1.
/// Torrents 100 (hash 00 01 … 13, 5 snatches, balance 77), 101 (free; a hash of special bytes), 102
/// (neutral; hash 66*20), 103 (an empty hash; WhatCD only). Tokens: (15, 100), of which 1000 bytes
/// were used, and an expired one, (10, 100). Clients: -TR30 and -qB4.

#include "tests/support/mariadb_server.hpp"
#include "tests/support/sql.hpp"

#include <string>

namespace chihaya::test {

/// Which schema a site has.
enum class Gazelle { whatcd, opsnet };

/// The account that a site makes for its tracker: no more rights than that needs.
inline const SqlAccount tracker_account{"tracker", "p@ss:w/ord"};

/// Makes the database `schema` anew, with its tables and rows, and the account.
/// Errors: SqlError
void create_site(const MariadbServer& server, Gazelle site, const std::string& schema = "gazelle");

}  // namespace chihaya::test
