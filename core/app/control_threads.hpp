#pragma once

/// @file control_threads.hpp
/// The threads that perform the site's calls: a driver may block in them, so it is never a worker
/// that does.

#include "core/frontend/control_call.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace chihaya::app {

/// Thread: constructed and destroyed on the main thread
class ControlThreads final : public frontend::ControlDesk {
public:
    /// Starts the threads.
    /// Lifetime: the driver, and every worker's loop, outlive this
    /// Errors:   std::system_error when there are no more threads
    explicit ControlThreads(BackendDriver& driver);
    /// Drops the calls that wait, and waits for those that are being performed.
    ~ControlThreads();
    ControlThreads(const ControlThreads&) = delete;
    ControlThreads& operator=(const ControlThreads&) = delete;

    [[nodiscard]] bool take(std::shared_ptr<frontend::ControlCall> call) noexcept override;

    /// How many calls wait for a thread. Thread: any
    [[nodiscard]] std::size_t waiting() const noexcept;

private:
    void perform_calls() noexcept;
    [[nodiscard]] std::shared_ptr<frontend::ControlCall> next() noexcept;
    void close() noexcept;

    BackendDriver& driver_;
    mutable std::mutex mutex_;  // protects what follows
    std::condition_variable news_;
    std::deque<std::shared_ptr<frontend::ControlCall>> waiting_;  // the first came first
    bool is_closed_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace chihaya::app
