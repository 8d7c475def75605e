#pragma once

/// @file roster_change.hpp
/// What every change of the roster's tables needs.

#include "chihaya/registry.hpp"

#include <functional>
#include <mutex>

namespace chihaya::logic {

/// The key of a token, whatever its spare bytes hold.
inline TokenRecord token_key(UserId user, const InfoHash& info_hash) noexcept {
    return {.user = user, .info_hash = info_hash};
}

/// Runs `change` with the lock held.
/// Errors: out of memory, where it throws
template <class Mutex, class Change>
Status changed(Mutex& mutex, Change change) noexcept {
    try {
        const std::lock_guard lock(mutex);
        change();
        return {};
    } catch (...) {  // nothing else is thrown in here
        return {StatusCode::unavailable, "out of memory"};
    }
}

/// Calls `hook`, if there is one. One that fails has no memory to ask for a load: the next lapse
/// asks again.
inline void run_hook(const std::function<void()>& hook) noexcept {
    try {
        if (hook) {
            hook();
        }
    } catch (...) {
        return;
    }
}

}  // namespace chihaya::logic
