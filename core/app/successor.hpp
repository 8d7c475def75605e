#pragma once

/// @file successor.hpp
/// How a process that takes this one's place comes to be, and how it is found.

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/handover/channel.hpp"

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::app {

/// Thread: the main thread
class Successor {
public:
    /// `folder`: where the process was started. Lifetime: the log outlives it
    Successor(std::filesystem::path folder, Log& log);
    ~Successor();
    Successor(const Successor&) = delete;
    Successor& operator=(const Successor&) = delete;

    /// Waits, on a thread of its own, for one that is started with `--take-over`, at
    /// `handover.sock` in `state_dir`; it sends this process a SIGUSR2 then. Without a state folder
    /// there is no such place.
    void wait_for_one(const std::string& state_dir);

    /// The one that has come; or the program, started anew with the same arguments, as it lies on
    /// the disk now. Errors: why it could not be started
    [[nodiscard]] Result<std::unique_ptr<handover::Channel>> next();

    /// The one that has come, if any, is told why it cannot take over.
    void refuse(const std::string& why) noexcept;

    /// Nothing has come of it: the one that was started here is ended.
    void dismiss() noexcept;

    /// Has another process started this one to take its place? Until `predecessor` is called
    [[nodiscard]] static bool is_called() noexcept;

    /// Where another process has told this one to find it, or what was handed down to it; null
    /// when this process is to take nobody's place. Called once, before the first thread starts.
    [[nodiscard]] static Result<std::unique_ptr<handover::Channel>> predecessor(
        bool is_asked, const std::string& state_dir);

private:
    void accept() noexcept;
    [[nodiscard]] Result<std::unique_ptr<handover::Channel>> start();

    const std::filesystem::path folder_;
    Log& log_;
    std::filesystem::path path_;
    int listening_ = -1;
    int wake_ = -1;
    std::atomic<int> caller_{-1};
    pid_t started_ = -1;
    std::thread thread_;
};

}  // namespace chihaya::app
