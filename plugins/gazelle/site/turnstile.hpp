#pragma once

/// @file turnstile.hpp
/// A lock for what takes long: whoever asked first is let in first.

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace chihaya::gazelle {

/// A load, which writes one piece after the other, does not keep the site's calls out, as it would
/// with a mutex. To be used with std::lock_guard.
class Turnstile {
public:
    void lock() {
        std::unique_lock lock(mutex_);
        const std::uint64_t ticket = next_++;
        turns_.wait(lock, [&] { return ticket == turn_; });
    }
    void unlock() noexcept {
        {
            const std::lock_guard lock(mutex_);
            ++turn_;
        }
        turns_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable turns_;
    std::uint64_t next_ = 0;  // ticket
    std::uint64_t turn_ = 0;  // whose ticket it is
};

}  // namespace chihaya::gazelle
