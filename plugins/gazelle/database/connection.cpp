#include "plugins/gazelle/database/connection.hpp"

#include "plugins/gazelle/limits.hpp"

#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

namespace chihaya::gazelle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned malformed_statement = 1064;  // its text repeats the statement

/// Ways to log in that do not show the password to whoever poses as the server.
constexpr const char* secret_keeping_logins =
    "mysql_native_password,client_ed25519,parsec,caching_sha2_password,sha256_password";

/// What an error says, without what was in the row: the column's name at most.
std::string text_of_refusal(const std::string& text) {
    constexpr std::string_view before = "column ";  // then 'name', or `schema`.`table`.`name`
    const std::size_t at = text.rfind(before);
    if (at == std::string::npos) {
        return {};
    }
    std::string name = text.substr(at + before.size());
    name.erase(std::ranges::find(name, ' '), name.end());
    std::erase_if(name, [](unsigned char letter) {
        return std::isalnum(letter) == 0 && letter != '_' && letter != '.';
    });
    return ": column " + name;
}

std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char letter) { return letter < 0x20 || letter > 0x7e; }, '?');
    return text.substr(0, limits::error_text_max);
}

int whole_seconds(std::chrono::milliseconds time) {
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

/// The library's own start, which is for one thread at a time; what it keeps is given back when the
/// plugin is unloaded.
class ClientLibrary {
public:
    ClientLibrary() noexcept : is_ready_(::mysql_library_init(0, nullptr, nullptr) == 0) {}
    ~ClientLibrary() {
        if (is_ready_) {
            ::mysql_library_end();
        }
    }
    ClientLibrary(const ClientLibrary&) = delete;
    ClientLibrary& operator=(const ClientLibrary&) = delete;

    [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }

private:
    bool is_ready_;
};

/// Connects nothing yet. Errors: nullptr when memory is short
MYSQL* make_client(const Parameters& parameters, int (*wait)(my_socket, my_bool, int)) {
    static const ClientLibrary library;
    MYSQL* const client = library.is_ready() ? ::mysql_init(nullptr) : nullptr;
    if (client == nullptr) {
        return nullptr;
    }
    const DatabaseAddress& to = parameters.database;
    const unsigned timeout = static_cast<unsigned>(whole_seconds(parameters.timeout));
    const unsigned off = 0;
    const my_bool no = 0;
    const my_bool yes = 1;
    const my_bool checked = to.tls_ca.empty() ? no : yes;
    const unsigned protocol = to.unix_socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    ::mysql_optionsv(client, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    ::mysql_optionsv(client, MYSQL_OPT_READ_TIMEOUT, &timeout);
    ::mysql_optionsv(client, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
    ::mysql_optionsv(client, MYSQL_OPT_LOCAL_INFILE, &off);
    ::mysql_optionsv(client, MYSQL_OPT_RECONNECT, &no);
    ::mysql_optionsv(client, MYSQL_OPT_PROTOCOL, &protocol);
    ::mysql_optionsv(client, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    ::mysql_optionsv(client, MARIADB_OPT_IO_WAIT, wait);
    ::mysql_optionsv(client, MARIADB_OPT_RESTRICTED_AUTH, secret_keeping_logins);
    if (to.wants_tls) {
        ::mysql_optionsv(client, MYSQL_OPT_SSL_ENFORCE, &yes);
        ::mysql_optionsv(client, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &checked);
        if (!to.tls_ca.empty()) {
            ::mysql_optionsv(client, MYSQL_OPT_SSL_CA, to.tls_ca.c_str());
        }
    }
    return client;
}

}  // namespace

struct Connection::Handle {
    explicit Handle(const Parameters& parameters)
        : wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), patience(parameters.timeout) {
        if (wake < 0) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
    }
    ~Handle() {
        ::mysql_close(client);
        ::close(wake);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    /// Has `interrupt` been called since the last time?
    [[nodiscard]] bool take_interrupt() const noexcept {
        std::uint64_t count = 0;
        return ::read(wake, &count, sizeof(count)) == sizeof(count);
    }

    static int wait(my_socket socket, my_bool is_read, int timeout) noexcept;

    static thread_local Handle* waiting;  // whose call this thread is in

    MYSQL* client = nullptr;
    int wake;
    std::chrono::milliseconds patience;
    Clock::time_point deadline = Clock::time_point::max();  // of connecting
    Clock::time_point used;
    std::uint64_t times_opened = 0;
    std::uint64_t matched_rows = 0;
    std::size_t statement_max = 0;
};

thread_local Connection::Handle* Connection::Handle::waiting = nullptr;

/// What Connector/C waits with, instead of its own poll, so that another thread can end it.
/// Returns: 1 when the socket is ready, 0 when it is not in time, or nobody wants it any more
int Connection::Handle::wait(my_socket socket, my_bool is_read, int /*timeout*/) noexcept {
    using std::chrono::milliseconds;
    const Handle& handle = *waiting;
    const Clock::time_point end = std::min(Clock::now() + handle.patience, handle.deadline);
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        pollfd ready[2] = {{socket, static_cast<short>(is_read != 0 ? POLLIN : POLLOUT), 0},
                           {handle.wake, POLLIN, 0}};
        const int count =
            ::poll(ready, 2, static_cast<int>(std::max(left, milliseconds(0)).count()));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0 || (ready[1].revents != 0 && handle.take_interrupt())) {
            errno = ETIMEDOUT;
            return 0;
        }
        return 1;
    }
}

Connection::Connection(const Parameters& parameters)
    : parameters_(parameters), handle_(std::make_unique<Handle>(parameters)) {}

Connection::~Connection() {
    close();
}

void Connection::close() noexcept {
    if (handle_->client != nullptr) {
        Handle::waiting = handle_.get();  // it takes its leave of the server
        ::mysql_close(std::exchange(handle_->client, nullptr));
    }
}

bool Connection::is_open() const noexcept {
    return handle_->client != nullptr;
}

std::uint64_t Connection::times_opened() const noexcept {
    return handle_->times_opened;
}

std::uint64_t Connection::matched_rows() const noexcept {
    return handle_->matched_rows;
}

std::size_t Connection::statement_max() const noexcept {
    return handle_->statement_max;
}

void Connection::interrupt() noexcept {
    const std::uint64_t one = 1;
    // It fails only when it has been called 2^64 - 2 times in vain.
    static_cast<void>(!::write(handle_->wake, &one, sizeof(one)));
}

DatabaseError Connection::error_now() const {
    MYSQL* const client = handle_->client;
    const unsigned number = ::mysql_errno(client);
    if (number == 0) {
        return {};
    }
    const Remedy remedy = remedy_of(number, ::mysql_sqlstate(client));
    const bool says_more = remedy != Remedy::drop_row && number != malformed_statement;
    const std::string text = ::mysql_error(client);
    return {remedy, number,
            "error " + std::to_string(number) +
                (says_more ? ": " + printable(text) : text_of_refusal(text))};
}

DatabaseError Connection::fail() {
    DatabaseError error = error_now();
    if (error.ok()) {
        error = {Remedy::reconnect, 0, "the client library failed without a reason"};
    }
    if (error.remedy == Remedy::reconnect) {
        close();
    }
    return error;
}

DatabaseError Connection::open() {
    if (is_open()) {
        if (Clock::now() - handle_->used < limits::idle_pause) {
            return {};
        }
        Handle::waiting = handle_.get();
        if (::mysql_ping(handle_->client) == 0) {
            handle_->used = Clock::now();
            return {};
        }
        close();
    }
    handle_->deadline = Clock::now() + parameters_.timeout / 2;
    DatabaseError error = connect();
    handle_->deadline = Clock::time_point::max();
    if (error.ok()) {
        error = begin_session();
    }
    if (!error.ok()) {
        close();
    }
    return error;
}

DatabaseError Connection::connect() {
    if (handle_->take_interrupt()) {
        return {Remedy::reconnect, 0, "interrupted"};
    }
    handle_->client = make_client(parameters_, &Handle::wait);
    if (handle_->client == nullptr) {
        return {Remedy::reconnect, 0, "no memory for a connection"};
    }
    Handle::waiting = handle_.get();
    const DatabaseAddress& to = parameters_.database;
    const bool is_local = !to.unix_socket.empty();
    const auto* const connected =
        ::mysql_real_connect(handle_->client, is_local ? nullptr : to.host.c_str(), to.user.c_str(),
                             to.password.c_str(), to.schema.c_str(), is_local ? 0 : to.port,
                             is_local ? to.unix_socket.c_str() : nullptr, CLIENT_FOUND_ROWS);
    if (connected == nullptr) {
        return fail();
    }
    // A process that is started from here would keep it open, and its transaction with it: the
    // server would wait for both, and nobody else could write the books.
    static_cast<void>(::fcntl(::mysql_get_socket(handle_->client), F_SETFD, FD_CLOEXEC));
    // The library goes on without TLS where the server has none, whatever it was told.
    if (to.wants_tls && ::mysql_get_ssl_cipher(handle_->client) == nullptr) {
        close();
        return {Remedy::ask_operator, 0,
                "found a server without TLS, accepted is one with it where tls is true; mend the "
                "server's certificate, or set tls to false"};
    }
    return {};
}

DatabaseError Connection::begin_session() {
    const std::string lock_wait = std::to_string(limits::lock_wait_max);
    DatabaseError error = execute(
        "SET SESSION autocommit = 0,"
        " innodb_lock_wait_timeout = LEAST(@@innodb_lock_wait_timeout, " +
        lock_wait + "), lock_wait_timeout = LEAST(@@lock_wait_timeout, " + lock_wait +
        "), net_write_timeout = " + std::to_string(limits::result_wait_max));
    if (error.ok()) {
        error = query("SELECT @@max_allowed_packet", [&](std::span<const Field> row) {
            handle_->statement_max = std::stoull(std::string(row.front().text));
            return true;
        });
    }
    if (error.ok()) {
        ++handle_->times_opened;
    }
    return error;
}

DatabaseError Connection::send(std::string_view sql) {
    if (!is_open()) {
        return {Remedy::reconnect, 0, "not connected"};
    }
    if (handle_->take_interrupt()) {
        close();
        return {Remedy::reconnect, 0, "interrupted"};
    }
    Handle::waiting = handle_.get();
    handle_->used = Clock::now();
    if (::mysql_real_query(handle_->client, sql.data(), sql.size()) != 0) {
        return fail();
    }
    handle_->used = Clock::now();
    return {};
}

DatabaseError Connection::execute(std::string_view sql) {
    if (DatabaseError error = send(sql); !error.ok()) {
        return error;
    }
    handle_->matched_rows = ::mysql_affected_rows(handle_->client);
    if (::mysql_field_count(handle_->client) != 0) {
        ::mysql_free_result(::mysql_use_result(handle_->client));
    }
    return {};
}

DatabaseError Connection::query(std::string_view sql,
                                const std::function<bool(std::span<const Field>)>& take) {
    if (DatabaseError error = send(sql); !error.ok()) {
        return error;
    }
    MYSQL_RES* const result = ::mysql_use_result(handle_->client);
    if (result == nullptr) {
        return fail();
    }
    std::vector<Field> row(::mysql_num_fields(result));
    bool wants_more = true;
    while (wants_more) {
        Handle::waiting = handle_.get();  // `take` may have used another connection
        const MYSQL_ROW columns = ::mysql_fetch_row(result);
        if (columns == nullptr) {
            break;
        }
        const unsigned long* const sizes = ::mysql_fetch_lengths(result);
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = columns[i] == nullptr ? Field{{}, true} : Field{{columns[i], sizes[i]}, false};
        }
        wants_more = take(row);
    }
    const DatabaseError error = error_now();
    if (!wants_more) {
        ::shutdown(::mysql_get_socket(handle_->client), SHUT_RDWR);  // or the rest would be read
    }
    Handle::waiting = handle_.get();
    ::mysql_free_result(result);
    handle_->used = Clock::now();
    if (!wants_more || error.remedy == Remedy::reconnect) {
        close();
    }
    return error;
}

}  // namespace chihaya::gazelle
