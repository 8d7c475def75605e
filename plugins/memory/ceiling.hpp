#pragma once

/// @file ceiling.hpp
/// What happens when the swarms take more memory than they should: who has been silent for longest
/// goes first.
///
/// Step by step the lifetime of peers without an account becomes shorter, down to half of what it
/// is, but never below their announce interval and some minutes. If that is not enough,
/// unregistered swarms without accounts are drawn by lot and forgotten; their peers are back at
/// their next announce. What is registered, and what has an account, stays.

#include "plugins/memory/moment.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::memory {

/// Thread: that of the sweep, one at a time; what is marked so from any
class Ceiling {
public:
    /// Errors: std::bad_alloc
    explicit Ceiling(std::size_t shards) : bytes_(shards) {}

    /// 0: none. Thread: any
    void set_limit(std::uint64_t bytes) noexcept { limit_.store(bytes, relaxed); }
    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_.load(relaxed); }
    /// How long a live peer may be silent, in seconds; 0: not known. Thread: any
    void set_interval(std::uint32_t longest) noexcept { longest_interval_.store(longest, relaxed); }
    /// Is there less than there should be? Then the sweep hurries. Thread: any
    [[nodiscard]] bool is_short() const noexcept { return step_.load(relaxed) != 0; }
    /// How long a peer without an account may be silent. Thread: any
    [[nodiscard]] std::uint32_t lifetime(std::uint32_t usual) const noexcept;
    [[nodiscard]] std::uint32_t limit_ticks(const Rules& rules) const noexcept;

    /// Has the lot fallen on the swarm with this hash, in this round?
    [[nodiscard]] bool is_drawn(std::uint32_t hash) const noexcept;

    /// The sweep has seen a shard.
    void note(std::size_t shard, std::size_t bytes) noexcept;
    /// And now all of them: is it enough?
    void end_round() noexcept;

    /// What the operator should know, once an episode. Thread: any
    [[nodiscard]] std::optional<std::string> news();

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr std::uint32_t steps = 4;
    static constexpr std::uint64_t whole = 65'536;
    static constexpr std::uint32_t late = 300;  // seconds that a live peer may be late

    enum class News : std::uint8_t { none, begun, over };

    std::atomic<std::uint64_t> limit_{0};
    std::atomic<std::uint32_t> longest_interval_{0};
    std::atomic<std::uint32_t> step_{0};
    std::atomic<News> news_{News::none};
    std::atomic<std::uint64_t> told_bytes_{0};
    std::vector<std::uint64_t> bytes_;  // of each shard, when it was seen last
    std::uint64_t total_ = 0;
    std::uint64_t share_ = 0;  // of unregistered swarms, in 65 536ths
    std::uint64_t round_ = 1;
};

}  // namespace chihaya::memory
