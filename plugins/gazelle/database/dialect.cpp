#include "plugins/gazelle/database/dialect.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr unsigned no_such_table = 1146;

struct Column {
    std::string type{};              // as in CREATE TABLE, small letters
    std::size_t characters_max = 0;  // of a text
};

/// Table and column, in small letters but for the table.
using Columns = std::map<std::pair<std::string, std::string>, Column>;

std::string small(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
    });
    return result;
}

std::size_t number(std::string_view digits) {
    std::size_t value = 0;
    for (const char digit : digits) {
        value = value * 10 + static_cast<std::size_t>(digit - '0');
    }
    return value;
}

DatabaseError read_columns(Connection& connection, Columns& columns) {
    return connection.query(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH"
        " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN"
        " ('users_main', 'users_leech_stats', 'torrents', 'torrents_leech_stats',"
        " 'xbt_files_users', 'xbt_snatched')",
        [&](std::span<const Field> row) {
            columns[{std::string(row[0].text), small(row[1].text)}] =
                Column{small(row[2].text), number(row[3].text)};
            return true;
        });
}

bool has_table(const Columns& columns, const std::string& table) {
    const auto first = columns.lower_bound({table, ""});
    return first != columns.end() && first->first.first == table;
}

void read_width(const Columns& columns, const char* table, const char* column, std::size_t& width) {
    const auto found = columns.find({table, column});
    if (found != columns.end()) {
        width = found->second.characters_max;
    }
}

/// Largest number of an integer column.
void read_range(const Columns& columns, const char* column, std::uint64_t& most) {
    struct Kind {
        std::string_view name;
        unsigned bits;
    };
    constexpr std::array<Kind, 5> kinds{
        {{"tinyint", 8}, {"smallint", 16}, {"mediumint", 24}, {"int", 32}, {"bigint", 64}}};
    const auto found = columns.find({"xbt_files_users", column});
    if (found == columns.end()) {
        return;
    }
    const std::string& type = found->second.type;
    for (const Kind& kind : kinds) {
        if (type.starts_with(kind.name)) {
            const bool is_unsigned = type.find("unsigned") != std::string::npos;
            most = std::numeric_limits<std::uint64_t>::max() >>
                   (64U - kind.bits + (is_unsigned ? 0U : 1U));
        }
    }
}

DatabaseError lacks(const std::string& table) {
    return {Remedy::ask_operator, no_such_table,
            "table " + table +
                ": found none that this account may read; accepted is the database of a Gazelle; "
                "check the schema's name and the account's rights"};
}

}  // namespace

DatabaseError find_dialect(Connection& connection, const Parameters& parameters, Dialect& dialect) {
    Columns columns;
    if (DatabaseError error = read_columns(connection, columns); !error.ok()) {
        return error;
    }
    const bool has_stats =
        has_table(columns, "users_leech_stats") && has_table(columns, "torrents_leech_stats");
    Dialect found;
    found.name = parameters.dialect != DialectName::automatic ? parameters.dialect
                 : has_stats                                  ? DialectName::opsnet
                                                              : DialectName::whatcd;
    const bool is_opsnet = found.name == DialectName::opsnet;
    found.user_totals = is_opsnet ? "users_leech_stats" : "users_main";
    found.user_key = is_opsnet ? "UserID" : "ID";
    found.torrent_totals = is_opsnet ? "torrents_leech_stats" : "torrents";
    found.torrent_key = is_opsnet ? "TorrentID" : "ID";
    const std::array<std::string, 5> needed{"users_main", "torrents", "xbt_files_users",
                                            found.user_totals, found.torrent_totals};
    for (const std::string& table : needed) {
        if (!has_table(columns, table)) {
            return lacks(table);
        }
    }
    read_width(columns, "xbt_files_users", "useragent", found.user_agent_max);
    read_width(columns, "xbt_files_users", "ip", found.peer_ip_max);
    read_width(columns, "xbt_snatched", "ip", found.snatch_ip_max);
    read_range(columns, "upspeed", found.speed_max);
    std::uint64_t down_speed_max = found.speed_max;
    read_range(columns, "downspeed", down_speed_max);
    found.speed_max = std::min(found.speed_max, down_speed_max);
    read_range(columns, "timespent", found.timespent_max);
    dialect = std::move(found);
    return {};
}

}  // namespace chihaya::gazelle
