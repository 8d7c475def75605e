#pragma once

/// @file traced_users.hpp
/// Users whose requests the site's staff wants to see in the log.

#include "chihaya/types.hpp"
#include "plugins/gazelle/limits.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>

namespace chihaya::gazelle {

/// Thread: any
class TracedUsers {
public:
    /// Errors: false when there are too many; std::bad_alloc
    bool set(UserId user, bool is_traced) {
        const std::lock_guard lock(mutex_);
        if (!is_traced) {
            users_.erase(user);
        } else if (users_.contains(user) || users_.size() < limits::traced_users_max) {
            users_.insert(user);
        } else {
            return false;
        }
        size_ = users_.size();
        return true;
    }

    /// Cost: one load while nobody is traced
    [[nodiscard]] bool has(UserId user) const noexcept {
        if (size_.load(std::memory_order_relaxed) == 0) {
            return false;
        }
        const std::lock_guard lock(mutex_);
        return users_.contains(user);
    }

private:
    mutable std::mutex mutex_;
    std::set<UserId> users_;  // under `mutex_`
    std::atomic<std::size_t> size_{0};
};

}  // namespace chihaya::gazelle
