#pragma once

/// @file trouble.hpp
/// What can go wrong with a statement, by what is to be done about it.

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// Source: the error numbers of MariaDB's server and Connector/C
enum class Remedy : std::uint8_t {
    none,          // nothing went wrong
    repeat,        // a deadlock, a lock that was waited for in vain: the same transaction again
    reconnect,     // the server, or the way to it, is away, or takes no writes now
    drop_row,      // some row of the statement will never be taken
    ask_operator,  // a right or a table is missing: until somebody mends it
};

struct DatabaseError {
    Remedy remedy = Remedy::none;
    unsigned number = 0;  // the server's, or the client library's
    std::string text{};   // for the log; never holds data of a row or a password

    [[nodiscard]] bool ok() const noexcept { return remedy == Remedy::none; }
};

/// What to do about error `number`. The class of `sql_state` decides about numbers that are not
/// known one by one: whatever is wrong with data can be left out, of anything else somebody must be
/// told, and nothing is lost until then.
[[nodiscard]] Remedy remedy_of(unsigned number, std::string_view sql_state = {}) noexcept;

}  // namespace chihaya::gazelle
