#include "tests/support/gazelle_site.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace chihaya::test {
namespace {

struct Grant {
    const char* rights;
    const char* table;
};

constexpr std::array<Grant, 7> common_grants{{
    {"SELECT", "users_main"},
    {"SELECT", "torrents"},
    {"SELECT, INSERT, UPDATE", "users_freeleeches"},
    {"SELECT, INSERT, UPDATE", "xbt_files_users"},
    {"SELECT", "xbt_client_whitelist"},
    {"INSERT", "xbt_snatched"},
    {"CREATE TEMPORARY TABLES", "*"},
}};
constexpr std::array<Grant, 2> whatcd_grants{{
    {"UPDATE (Uploaded, Downloaded)", "users_main"},
    {"UPDATE (Seeders, Leechers, Snatched, balance, last_action)", "torrents"},
}};
constexpr std::array<Grant, 2> opsnet_grants{{
    {"SELECT, INSERT, UPDATE", "users_leech_stats"},
    {"SELECT, INSERT, UPDATE", "torrents_leech_stats"},
}};

template <std::size_t count>
void grant(Sql& sql, const std::array<Grant, count>& grants) {
    for (const Grant& one : grants) {
        sql.run(std::string("GRANT ") + one.rights + " ON " + one.table + " TO tracker@'%'");
    }
}

}  // namespace

void create_site(const MariadbServer& server, Gazelle site, const std::string& schema) {
    const bool is_whatcd = site == Gazelle::whatcd;
    const std::string file = std::string(CHIHAYA_SOURCE_DIR "/tests/gazelle/") +
                             (is_whatcd ? "schema_whatcd.sql" : "schema_opsnet.sql");
    std::ifstream stream(file);
    const std::string statements{std::istreambuf_iterator<char>(stream), {}};
    if (statements.empty()) {
        throw std::runtime_error("cannot read " + file);
    }
    Sql sql(server);
    sql.run("DROP DATABASE IF EXISTS " + schema + "; CREATE DATABASE " + schema +
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE " + schema + ';' + statements);
    sql.run("CREATE OR REPLACE USER tracker@'%' IDENTIFIED BY '" + tracker_account.password + "'");
    grant(sql, common_grants);
    is_whatcd ? grant(sql, whatcd_grants) : grant(sql, opsnet_grants);
}

}  // namespace chihaya::test
