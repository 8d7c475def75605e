#pragma once

/// @file mariadb_server.hpp
/// Real MariaDB servers of a test's own. What is asked of them: sql.hpp.

#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chihaya::test {

/// Is MariaDB's server not installed here? Then says so, in the words by which the test counts as
/// skipped.
[[nodiscard]] bool lacks_mariadb();

/// What to start. Arguments are as on the command line, `--name=value`, and win over those that are
/// always given: address, port and folders, small buffers, `max_allowed_packet` of 1 MiB and
/// `innodb_lock_wait_timeout` of 2 s. `sql_mode` is the server's default.
struct MariadbOptions {
    std::vector<std::string> arguments{};
};

/// A mariadbd on a free port of 127.0.0.1 and on a unix socket, with a folder of its own. Its only
/// account is root, without a password. Killed with the object, and by the system when the test
/// itself is killed; what was committed is there after that.
///
/// Thread: starts it on a thread that lives for as long as the server shall
/// Cost:   a second; some more for the first server of a machine
class MariadbServer {
public:
    /// Starts it and returns when it answers.
    /// Errors: std::runtime_error with its log when it does not
    explicit MariadbServer(MariadbOptions options = {});

    [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
    [[nodiscard]] std::filesystem::path unix_socket() const { return dir_ / "socket"; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return dir_.path(); }
    [[nodiscard]] bool running() const noexcept { return child_.running(); }

    /// Starts it again, on the same port and in the same folder, after `kill` or `stop`.
    void start();
    /// SIGKILL: connections are reset, what was not committed is gone.
    void kill() noexcept { child_.kill(); }
    /// SIGTERM: it ends as it likes to.
    void stop() { child_.stop(); }
    void restart() {
        kill();
        start();
    }

    /// From now on it takes connections and bytes, as the system does for it, but does nothing.
    void pause() const noexcept { child_.pause(); }
    void resume() const noexcept { child_.resume(); }

    /// Everything it has written to its log so far.
    [[nodiscard]] std::string log() const { return child_.log(); }

private:
    [[nodiscard]] std::vector<std::string> words() const;

    MariadbOptions options_;
    TempDir dir_;
    FreePort port_;
    ChildProcess child_;
};

}  // namespace chihaya::test
