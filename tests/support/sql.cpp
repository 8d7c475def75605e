#include "tests/support/sql.hpp"

#include <mysql.h>

namespace chihaya::test {

Sql::Sql(const MariadbServer& server, const std::string& schema, const SqlAccount& account)
    : handle_(::mysql_init(nullptr)) {
    ::mysql_optionsv(handle_.get(), MYSQL_READ_DEFAULT_GROUP, nullptr);
    ::mysql_optionsv(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    check(::mysql_real_connect(handle_.get(), "localhost", account.name.c_str(),
                               account.password.c_str(), schema.empty() ? nullptr : schema.c_str(),
                               0, server.unix_socket().c_str(),
                               CLIENT_MULTI_STATEMENTS) != nullptr);
}

Sql::~Sql() = default;
Sql::Sql(Sql&& other) noexcept = default;

void Sql::Close::operator()(st_mysql* handle) const noexcept {
    ::mysql_close(handle);
}

void Sql::check(bool is_fine) const {
    if (!is_fine) {
        throw SqlError(::mysql_errno(handle_.get()), ::mysql_error(handle_.get()));
    }
}

void Sql::run(const std::string& statements) {
    check(::mysql_real_query(handle_.get(), statements.data(), statements.size()) == 0);
    for (int next = 0; next == 0; next = ::mysql_next_result(handle_.get())) {
        ::mysql_free_result(::mysql_store_result(handle_.get()));
    }
    check(::mysql_errno(handle_.get()) == 0);
}

std::vector<Sql::Row> Sql::rows(const std::string& query) {
    check(::mysql_real_query(handle_.get(), query.data(), query.size()) == 0);
    MYSQL_RES* const result = ::mysql_store_result(handle_.get());
    check(result != nullptr);
    std::vector<Row> rows;
    while (MYSQL_ROW columns = ::mysql_fetch_row(result)) {
        const unsigned long* const sizes = ::mysql_fetch_lengths(result);
        Row& row = rows.emplace_back();
        for (unsigned i = 0; i < ::mysql_num_fields(result); ++i) {
            row.push_back(columns[i] == nullptr ? "NULL" : std::string(columns[i], sizes[i]));
        }
    }
    ::mysql_free_result(result);
    return rows;
}

std::string Sql::value(const std::string& query) {
    const std::vector<Row> all = rows(query);
    return all.empty() ? "no row" : all.front().front();
}

unsigned long Sql::connection_id() const {
    return ::mysql_thread_id(handle_.get());
}

}  // namespace chihaya::test
