#pragma once

/// @file redis_server.hpp
/// Real Redis servers of a test's own. More than one of them: redis_cluster.hpp and
/// redis_sentinel.hpp.

#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chihaya::test {

/// Is redis-server not installed here? Then says so, in the words by which the test counts as
/// skipped.
[[nodiscard]] bool lacks_redis();

/// What to start. Arguments are as on the command line, `--name value`, and win over those that are
/// always given: the address and port, the folder, and that nothing is kept on disk.
struct RedisOptions {
    std::vector<std::string> arguments{};
    std::string password{};  // asked of everybody, when not empty
    bool is_sentinel = false;
};

/// A redis-server on a free port of 127.0.0.1 and on a unix socket, with a folder of its own.
/// Killed with the object, and by the system when the test itself is killed.
///
/// Thread: starts it on a thread that lives for as long as the server shall
class RedisServer {
public:
    /// Starts it and returns when it answers.
    /// Errors: std::runtime_error with its log when it does not
    explicit RedisServer(RedisOptions options = {});

    [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::filesystem::path unix_socket() const { return dir_ / "socket"; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return dir_.path(); }
    [[nodiscard]] bool running() const noexcept { return child_.running(); }

    /// Starts it again, on the same port and in the same folder, after `kill` or `stop`.
    void start();
    /// SIGKILL: nothing is saved, connections are reset.
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

    /// Sends one command on a connection of its own. Returns: its reply as text. The elements of
    /// an array are separated by newlines, nil is empty, an error reads "(error) …"
    /// Errors: std::runtime_error, std::system_error when there is no reply
    [[nodiscard]] std::string ask(const std::vector<std::string>& words) const;
    /// The same for a command that must not fail. Errors: std::runtime_error with the error reply
    std::string command(const std::vector<std::string>& words) const;

    /// Everything it has written to its log so far.
    [[nodiscard]] std::string log() const { return child_.log(); }

private:
    [[nodiscard]] std::vector<std::string> words() const;

    RedisOptions options_;
    TempDir dir_;
    FreePort port_;
    ChildProcess child_;
};

}  // namespace chihaya::test
