#pragma once

/// @file connection.hpp
/// One connection to the database, by MariaDB Connector/C.

#include "plugins/gazelle/database/trouble.hpp"
#include "plugins/gazelle/parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// One column of a row. Lifetime: that of the call that is handed it
struct Field {
    std::string_view text{};  // raw bytes
    bool is_null = false;
};

/// Thread: one at a time, but for `interrupt`. Every member blocks, for no longer than
///         `Parameters::timeout` without a byte from the server.
class Connection {
public:
    /// Does not connect yet. Lifetime: `parameters` outlives it
    explicit Connection(const Parameters& parameters);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Connects if need be: utf8mb4, no autocommit, `innodb_lock_wait_timeout` of 5 s. The
    /// session's time zone and sql_mode are left as the server has them.
    [[nodiscard]] DatabaseError open();
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept;

    /// Runs one statement whose result nobody wants. After `Remedy::reconnect` the connection is
    /// closed, and what it had begun is rolled back by the server, unless it was a COMMIT: then
    /// nobody knows.
    [[nodiscard]] DatabaseError execute(std::string_view sql);

    /// Runs one query and hands over its rows one by one as they arrive; `take` returns false for
    /// "enough". The whole result is never in memory.
    [[nodiscard]] DatabaseError query(std::string_view sql,
                                      const std::function<bool(std::span<const Field>)>& take);

    /// Rows that the last `execute` changed.
    [[nodiscard]] std::uint64_t changed_rows() const noexcept;

    /// Longest statement that the server takes. Units: bytes
    [[nodiscard]] std::size_t statement_max() const noexcept;

    /// Makes a call that waits for the server fail soon. Thread: any
    void interrupt() noexcept;

private:
    struct Handle;
    const Parameters& parameters_;
    std::unique_ptr<Handle> handle_;
};

}  // namespace chihaya::gazelle
