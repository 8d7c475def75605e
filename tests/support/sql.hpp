#pragma once

/// @file sql.hpp
/// A test's own way into a MariaDB server, beside the one under test.

#include "tests/support/mariadb_server.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct st_mysql;

namespace chihaya::test {

/// What the server or the client library said.
class SqlError : public std::runtime_error {
public:
    SqlError(unsigned number, const std::string& text)
        : std::runtime_error(std::to_string(number) + ": " + text), number_(number) {}
    [[nodiscard]] unsigned number() const noexcept { return number_; }

private:
    unsigned number_;
};

struct SqlAccount {
    std::string name = "root";
    std::string password{};
};

/// One connection, by the unix socket, with autocommit.
/// Errors: SqlError from every member
/// Thread: one at a time
class Sql {
public:
    using Row = std::vector<std::string>;  // NULL reads "NULL"

    explicit Sql(const MariadbServer& server, const std::string& schema = {},
                 const SqlAccount& account = {});
    ~Sql();
    Sql(Sql&& other) noexcept;
    Sql& operator=(Sql&&) = delete;

    /// Executes any number of statements, separated by ';', and forgets their results.
    void run(const std::string& statements);

    [[nodiscard]] std::vector<Row> rows(const std::string& query);

    /// The first column of the first row; "no row" without one.
    [[nodiscard]] std::string value(const std::string& query);

    /// As KILL wants it.
    [[nodiscard]] unsigned long connection_id() const;

private:
    struct Close {
        void operator()(st_mysql* handle) const noexcept;
    };
    void check(bool is_fine) const;

    std::unique_ptr<st_mysql, Close> handle_;
};

}  // namespace chihaya::test
