#pragma once

/// @file child_process.hpp
/// Other people's servers, started by a test for itself.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace chihaya::test {

/// Where `name` is in PATH, or where Debian keeps servers; empty when nowhere.
[[nodiscard]] std::string find_program(const std::string& name);

/// Is the program not installed here? Then says so, in the words by which the test counts as
/// skipped.
[[nodiscard]] bool lacks_program(const std::string& name);

/// Waits until `is_so`, for what nobody reports by itself.
/// Errors: std::runtime_error that names `what` when it takes too long
void wait_until(const std::string& what, const std::function<bool()>& is_so,
                std::chrono::milliseconds patience = std::chrono::seconds(60));

/// A program that runs in a folder and writes its output to the file `log` there. Killed with the
/// object, and by the system when the test itself is killed.
///
/// Thread: starts it on a thread that lives for as long as the program shall
class ChildProcess {
public:
    ChildProcess() = default;
    ~ChildProcess() { kill(); }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Starts it, unless it runs, and returns once it is ready. `words` are its file and arguments.
    /// Errors: std::runtime_error with its log when it ends instead
    void start(std::vector<std::string> words, const std::filesystem::path& folder,
               const std::function<bool()>& is_ready);

    /// Starts it and waits for its end. Returns: its exit code; -1 after a signal
    int run(std::vector<std::string> words, const std::filesystem::path& folder);

    /// SIGKILL: nothing is saved, connections are reset.
    void kill() noexcept;
    /// SIGTERM: it ends as it likes to.
    void stop();

    /// From now on it takes connections and bytes, as the system does for it, but does nothing.
    void pause() const noexcept;
    void resume() const noexcept;

    [[nodiscard]] bool running() const noexcept { return pid_ > 0; }

    /// Everything it has written so far.
    [[nodiscard]] std::string log() const;

private:
    [[nodiscard]] bool has_ended() noexcept;

    std::filesystem::path folder_;
    std::string name_;
    pid_t pid_ = -1;
    int status_ = 0;
};

}  // namespace chihaya::test
