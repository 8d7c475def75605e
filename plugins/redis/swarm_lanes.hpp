#pragma once

/// @file swarm_lanes.hpp
/// Swarms, read and taken in by several threads at once: when all of them are carried to
/// another driver, or from one, round trips are what takes time.

#include "plugins/redis/limits.hpp"
#include "plugins/redis/swarm_store.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace chihaya::redis {

/// Thread: any
class SwarmLanes {
public:
    /// Lifetime: both outlive this
    SwarmLanes(Host& control, Shared& shared) : control_(control), shared_(shared) {}

    /// Runs `work` with a store that nobody else has meanwhile, made when there is none to spare.
    /// Errors: those of SwarmStore
    template <class Work>
    Status with(Work&& work) {
        Lent lent(*this);
        return work(*lent.store);
    }

private:
    struct Lent {
        explicit Lent(SwarmLanes& from) : lanes(from), store(from.take()) {}
        ~Lent() { lanes.give_back(std::move(store)); }
        Lent(const Lent&) = delete;
        Lent& operator=(const Lent&) = delete;

        SwarmLanes& lanes;
        std::unique_ptr<SwarmStore> store;
    };

    std::unique_ptr<SwarmStore> take() {
        std::unique_lock lock(mutex_);
        spare_.reserve(limits::swarm_lanes_max);
        news_.wait(lock, [&] { return !spare_.empty() || lent_ < limits::swarm_lanes_max; });
        auto store = spare_.empty() ? std::make_unique<SwarmStore>(control_, shared_)
                                    : std::move(spare_.back());
        if (!spare_.empty()) {
            spare_.pop_back();
        }
        ++lent_;
        return store;
    }
    void give_back(std::unique_ptr<SwarmStore> store) noexcept {
        const std::lock_guard lock(mutex_);
        spare_.push_back(std::move(store));  // there is room
        --lent_;
        news_.notify_one();
    }

    Host& control_;
    Shared& shared_;
    std::mutex mutex_;  // protects what follows
    std::condition_variable news_;
    std::vector<std::unique_ptr<SwarmStore>> spare_;  // the last was used last
    std::size_t lent_ = 0;
};

}  // namespace chihaya::redis
