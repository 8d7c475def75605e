#pragma once

/// @file guarded.hpp
/// A value and its lock as one object, so that access without the lock does not compile.

#include <mutex>
#include <utility>

namespace chihaya {

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

private:
    std::mutex mutex_;
    Value value_;
};

}  // namespace chihaya
