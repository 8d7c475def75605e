#include "plugins/gazelle/database/trouble.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace chihaya::gazelle {
namespace {

constexpr unsigned first_client_error = 2000;  // of the client library: the way to the server broke
constexpr unsigned last_client_error = 2999;

constexpr std::array<unsigned, 9> to_repeat{
    1020,  // the row was changed meanwhile
    1205,  // a lock was waited for in vain
    1206,  // more locks than the server has room for
    1213,  // deadlock
    1317,  // KILL QUERY
    1412,  // the table was altered since the transaction began
    1969,  // max_statement_time
    3024,  // the same in MySQL
    3572,  // a lock that must not be waited for
};

constexpr std::array<unsigned, 28> to_reconnect{
    1021,  // the disk is full
    1030,  // an error of the storage engine
    1037,  // out of memory
    1038,  // out of memory for sorting
    1040,  // too many connections
    1041,  // out of memory
    1043,  // bad handshake
    1047,  // the node of a Galera cluster is not ready
    1053,  // the server is shutting down
    1077,  // it has
    1080,  // it closes this connection
    1114,  // the table is full
    1129,  // too many broken connections from here
    1152,  // aborted connection
    1153,  // a longer packet than it takes; it says how long when asked anew
    1158,  // packets could not be read or written, in time or at all
    1159, 1160, 1161,
    1180,  // an error during COMMIT
    1184,  // aborted connection
    1203,  // too many connections of this account
    1226,  // the account has used up what it may
    1290,  // the server is read-only
    1792,  // the transaction is read-only
    1836,  // the server is read-only
    1927,  // KILL CONNECTION
    4031,  // the server closed it as idle
};

constexpr std::array<unsigned, 16> to_drop_row{
    1048,  // a column is NULL
    1062,  // a key is there already
    1264,  // a number is out of range
    1265,  // a value was cut
    1292,  // a wrong value
    1300,  // not a text of the character set
    1364,  // a column has no default
    1366,  // a wrong value
    1406,  // a text is too long
    1411,  // a wrong date
    1451,  // a foreign key refers to it
    1452,  // a foreign key has no parent
    1526,  // no partition for it
    1644,  // a trigger of the site refuses it
    1690,  // a result is out of range
    4025,  // a CHECK refuses it
};

bool has(std::span<const unsigned> numbers, unsigned number) noexcept {
    return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

Remedy remedy_of(unsigned number, std::string_view sql_state) noexcept {
    if (number == 0) {
        return Remedy::none;
    }
    if (has(to_repeat, number)) {
        return Remedy::repeat;
    }
    if (has(to_reconnect, number) ||
        (number >= first_client_error && number <= last_client_error)) {
        return Remedy::reconnect;
    }
    const bool is_of_data = sql_state.starts_with("22") || sql_state.starts_with("23");
    return has(to_drop_row, number) || is_of_data ? Remedy::drop_row : Remedy::ask_operator;
}

}  // namespace chihaya::gazelle
