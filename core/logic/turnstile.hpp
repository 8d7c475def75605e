#pragma once

/// @file turnstile.hpp
/// A lock for what takes long: whoever asked first is let in first.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace chihaya::logic {

/// A thread that writes one change after the other does not keep the others out, as it would with
/// a mutex. To be used with std::lock_guard.
class Turnstile {
public:
    void lock() {
        std::unique_lock lock(mutex_);
        const std::uint64_t ticket = next_++;
        turns_.wait(lock, [&] { return ticket == turn_; });
        holder_ = std::this_thread::get_id();
    }
    void unlock() noexcept {
        {
            const std::lock_guard lock(mutex_);
            holder_ = {};
            ++turn_;
        }
        turns_.notify_all();
    }

    /// Is it this thread that has been let in?
    [[nodiscard]] bool is_mine() const {
        const std::lock_guard lock(mutex_);
        return holder_ == std::this_thread::get_id();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable turns_;
    std::uint64_t next_ = 0;  // ticket
    std::uint64_t turn_ = 0;  // whose ticket it is
    std::thread::id holder_;
};

}  // namespace chihaya::logic
