#pragma once

/// @file interval_setting.hpp
/// The interval that a site has set while the tracker runs.

#include <atomic>
#include <cstdint>

namespace chihaya::logic {

/// One for all workers, who read it with every reply.
/// Thread: any
/// Cost:   a load of memory that hardly ever changes
class IntervalSetting {
public:
    struct Value {
        std::uint32_t interval = 0;  // seconds; 0: nothing has been set
        std::uint32_t jitter = 0;    // seconds; so much is added at most
    };

    [[nodiscard]] Value read() const noexcept {
        const std::uint64_t both = both_.load(std::memory_order_relaxed);
        return {static_cast<std::uint32_t>(both >> 32U), static_cast<std::uint32_t>(both)};
    }
    void write(Value value) noexcept {
        both_.store(std::uint64_t{value.interval} << 32U | value.jitter, std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> both_{0};
};

}  // namespace chihaya::logic
