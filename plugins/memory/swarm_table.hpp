#pragma once

/// @file swarm_table.hpp
/// The swarms of one shard: packed one after the other, found through an index of four bytes each.

#include "plugins/memory/guarded.hpp"
#include "plugins/memory/heap.hpp"
#include "plugins/memory/packed_array.hpp"
#include "plugins/memory/position_index.hpp"
#include "plugins/memory/swarm.hpp"

#include <atomic>
#include <cstdint>

namespace chihaya::memory {

/// Where a shard's index lies: good for prefetching without the lock, and for nothing else.
struct IndexHint {
    std::atomic<const std::uint32_t*> table{nullptr};
    std::atomic<std::uint32_t> mask{0};
};

/// Thread:   a lock is held around it
/// Lifetime: a reference to a swarm holds until the next `add` or `erase`
class SwarmTable {
public:
    /// Lifetime: `hint` outlives the table
    explicit SwarmTable(IndexHint& hint) noexcept : hint_(hint) {}
    ~SwarmTable();
    SwarmTable(const SwarmTable&) = delete;
    SwarmTable& operator=(const SwarmTable&) = delete;

    /// `hash` is the low half of the info-hash's.
    [[nodiscard]] Swarm* find(std::uint32_t hash, const InfoHash& info_hash) noexcept;
    /// Errors: std::bad_alloc; nothing has changed
    Swarm& find_or_add(std::uint32_t hash, const InfoHash& info_hash, std::uint16_t tick);
    /// Forgets the swarm and all in it. The last one takes its place.
    void erase(Swarm& swarm) noexcept;

    /// Runs `work`, which changes `swarm`, and keeps the totals right.
    template <class Work>
    void change(Swarm& swarm, Work&& work) {
        const Settling settling(totals_, swarm);
        std::forward<Work>(work)();
    }
    void set_registered(Swarm& swarm) noexcept;

    [[nodiscard]] std::uint32_t size() const noexcept { return swarms_.size(); }
    [[nodiscard]] Swarm& operator[](std::uint32_t at) noexcept { return swarms_[at]; }
    [[nodiscard]] Heap& heap() noexcept { return heap_; }
    [[nodiscard]] const Tally& totals() const noexcept { return totals_; }
    [[nodiscard]] std::uint32_t registered() const noexcept { return registered_; }
    /// Since the start.
    [[nodiscard]] std::uint32_t added() const noexcept { return added_; }

    /// Brings the swarm that `hash` most likely means closer, without looking at it.
    void prefetch(std::uint32_t hash) const noexcept;
    /// And then its peers.
    void prefetch_peers(std::uint32_t hash) const noexcept;

private:
    /// Takes the swarm's tally off the totals, and the new one on again.
    class Settling {
    public:
        Settling(Tally& totals, const Swarm& swarm) noexcept;
        ~Settling();
        Settling(const Settling&) = delete;
        Settling& operator=(const Settling&) = delete;

    private:
        Tally& totals_;
        const Swarm& swarm_;
    };

    PositionIndex index_;
    PackedArray<Swarm, 16> swarms_;
    Heap heap_;
    Tally totals_{};
    std::uint32_t registered_ = 0;
    std::uint32_t added_ = 0;
    IndexHint& hint_;
};

/// Sees to it that a swarm which is left empty does not stay, whatever happens meanwhile.
class EmptySwarm {
public:
    EmptySwarm(SwarmTable& table, Swarm& swarm, const Rules& rules) noexcept
        : table_(table), swarm_(swarm), purge_(rules.purge_empty) {}
    ~EmptySwarm() {
        if (purge_ && !swarm_.is_registered() && swarm_.is_empty()) {
            table_.erase(swarm_);
        }
    }
    EmptySwarm(const EmptySwarm&) = delete;
    EmptySwarm& operator=(const EmptySwarm&) = delete;

private:
    SwarmTable& table_;
    Swarm& swarm_;
    bool purge_;
};

/// Two cache lines that no other shard touches.
struct alignas(64) Shard {
    IndexHint hint;
    Guarded<SwarmTable> swarms{hint};
};
static_assert(sizeof(Shard) == 128);

/// Asks for the cache line at `address`. Any address will do.
inline void prefetch_line(const void* address) noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(address);
    // A function that only prefetches has no effect in the compiler's eyes, and would be left out.
    asm volatile("" : : "r"(address));
#else
    static_cast<void>(address);
#endif
}

}  // namespace chihaya::memory
