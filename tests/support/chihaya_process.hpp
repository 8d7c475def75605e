#pragma once

/// @file chihaya_process.hpp
/// The real executable, started with a configuration of the test's.

#include "tests/support/free_port.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::test {

/// What to start, and how.
struct ChihayaOptions {
    /// A JSON object. What it does not say is added: `addr`, `udp.addr` and `management.addr` on
    /// free ports of 127.0.0.1, and `plugin_dir` where the build puts its plugins. "$HTTP_PORT",
    /// "$UDP_PORT", "$MANAGEMENT_PORT" and "$DIR" (the folder of the process's files) are replaced
    /// in its text.
    std::string config = "{}";
    bool complete_config = true;  // false: nothing is added, the text need not even be JSON
    std::vector<std::string> arguments{};  // after `--config FILE`; "$DIR" is replaced
    std::string host = "127.0.0.1";        // where it is expected to answer
    bool wait_until_ready = true;          // false for one that is expected to end by itself
    std::chrono::milliseconds patience = std::chrono::seconds(20);
    std::vector<int> sockets{};            // passed to it, as systemd does
    std::vector<std::string> variables{};  // NAME=VALUE, beside those of this process
    std::uint32_t descriptors = 0;         // it may have open; 0: as many as this process
};

/// A running tracker in a folder of its own. Killed with the object.
class ChihayaProcess {
public:
    /// Starts it and returns when it accepts connections.
    /// Errors: std::runtime_error with its log when it ends instead, or takes too long
    explicit ChihayaProcess(ChihayaOptions options);
    ~ChihayaProcess();
    ChihayaProcess(const ChihayaProcess&) = delete;
    ChihayaProcess& operator=(const ChihayaProcess&) = delete;

    [[nodiscard]] std::uint16_t http_port() const noexcept { return http_port_.number(); }
    [[nodiscard]] std::uint16_t udp_port() const noexcept { return udp_port_.number(); }
    [[nodiscard]] std::uint16_t management_port() const noexcept {
        return management_port_.number();
    }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return dir_.path(); }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    void signal(int number) const;

    /// Writes another configuration over the one it has, completed in the same way. Nobody reads it
    /// until it is told to.
    void configure(const std::string& config) const;

    /// Has it not ended yet?
    [[nodiscard]] bool running();

    /// Waits until it ends. Errors: std::runtime_error with its log when it does not in time
    /// Returns: its exit code; 128 + n when signal n ended it
    int wait();

    /// From now on this is the tracker's process: it has taken the place of the first, which has
    /// ended. It is no child of this one, so its exit code is not known: 0 stands for it.
    void follow(pid_t process);

    /// SIGTERM, then `wait`.
    int stop();

    /// Everything it has written to standard output and standard error so far.
    [[nodiscard]] std::string log() const;

private:
    [[nodiscard]] std::string completed(std::string config) const;
    void start();
    void kill();
    void wait_until_ready();

    ChihayaOptions options_;
    TempDir dir_;
    FreePort http_port_;
    FreePort udp_port_;
    FreePort management_port_;
    std::uint16_t ready_port_ = 0;  // answers when everything does
    pid_t pid_ = -1;
    bool is_child_ = true;
    std::optional<int> exit_code_;
};

}  // namespace chihaya::test
