#pragma once

/// @file guarded.hpp
/// A value and its lock as one object, so that access without the lock does not compile.

#include <mutex>
#include <utility>

namespace chihaya::memory {

template <class Value>
class Guarded {
public:
    template <class... Arguments>
    explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

    /// Runs `work` with the value and returns what it returns. Keep it short: others wait.
    template <class Work>
    auto with(Work&& work) {
        const std::lock_guard lock(mutex_);
        return std::forward<Work>(work)(value_);
    }

    /// As `with`, but does nothing and says false while somebody else is at it.
    template <class Work>
    bool try_with(Work&& work) {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (lock.owns_lock()) {
            std::forward<Work>(work)(value_);
        }
        return lock.owns_lock();
    }

private:
    std::mutex mutex_;
    Value value_;
};

}  // namespace chihaya::memory
