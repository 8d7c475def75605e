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

    /// Connects if need be, that is also when the server has closed an idle connection: utf8mb4, no
    /// autocommit, locks are waited for 5 s at most. The session's time zone and sql_mode are left
    /// as the server has them.
    [[nodiscard]] DatabaseError open();
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept;

    /// How often it has connected: what is known of the tables holds for one connection.
    [[nodiscard]] std::uint64_t times_opened() const noexcept;

    /// Runs one statement whose result nobody wants. After `Remedy::reconnect` the connection is
    /// closed, and what it had begun is rolled back by the server, unless it was a COMMIT: then
    /// nobody knows.
    [[nodiscard]] DatabaseError execute(std::string_view sql);

    /// Runs one query and hands over its rows one by one as they arrive; `take` returns false for
    /// "enough", and the connection is closed then. The whole result is never in memory.
    [[nodiscard]] DatabaseError query(std::string_view sql,
                                      const std::function<bool(std::span<const Field>)>& take);

    /// Rows that the last `execute` met, whether or not it changed them.
    [[nodiscard]] std::uint64_t matched_rows() const noexcept;

    /// Longest statement that the server takes. Units: bytes
    [[nodiscard]] std::size_t statement_max() const noexcept;

    /// Makes the call that waits for the server fail soon, or the next one if none does.
    /// Thread: any
    void interrupt() noexcept;

private:
    struct Handle;

    [[nodiscard]] DatabaseError connect();
    [[nodiscard]] DatabaseError begin_session();
    [[nodiscard]] DatabaseError send(std::string_view sql);
    [[nodiscard]] DatabaseError error_now() const;
    [[nodiscard]] DatabaseError fail();

    const Parameters& parameters_;
    std::unique_ptr<Handle> handle_;
};

}  // namespace chihaya::gazelle
