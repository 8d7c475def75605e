#include "plugins/memory/swarm_table.hpp"

#include <new>
#include <type_traits>

namespace chihaya::memory {

static_assert(std::is_trivially_copyable_v<Swarm> && std::is_trivially_destructible_v<Swarm>);

SwarmTable::Settling::Settling(Tally& totals, const Swarm& swarm) noexcept
    : totals_(totals), swarm_(swarm) {
    const Tally before = swarm.tally();
    totals_.seeders -= before.seeders;
    totals_.leechers -= before.leechers;
    totals_.ipv6 -= before.ipv6;
    totals_.ipv6_seeders -= before.ipv6_seeders;
}

SwarmTable::Settling::~Settling() {
    const Tally after = swarm_.tally();
    totals_.seeders += after.seeders;
    totals_.leechers += after.leechers;
    totals_.ipv6 += after.ipv6;
    totals_.ipv6_seeders += after.ipv6_seeders;
}

SwarmTable::~SwarmTable() {
    for (std::uint32_t at = 0; at < size(); ++at) {
        swarms_[at].clear(heap_);
    }
    index_.release(heap_);
    swarms_.release(heap_);
}

Swarm* SwarmTable::find(std::uint32_t hash, const InfoHash& info_hash) noexcept {
    const std::uint32_t at = index_.find(
        hash, [&](std::uint32_t position) { return swarms_[position].info_hash() == info_hash; });
    return at == absent ? nullptr : &swarms_[at];
}

Swarm& SwarmTable::find_or_add(std::uint32_t hash, const InfoHash& info_hash, std::uint16_t tick) {
    if (Swarm* const found = find(hash, info_hash); found != nullptr) {
        return *found;
    }
    if (size() >= PositionIndex::positions_max) {
        throw std::bad_alloc();
    }
    index_.reserve(heap_, [&](std::uint32_t at) { return swarms_[at].hash(); });
    hint_.table.store(index_.table(), std::memory_order_relaxed);
    hint_.mask.store(index_.mask(), std::memory_order_relaxed);
    swarms_.reserve(heap_);
    index_.insert(hash, size());
    Swarm& added = swarms_.append(Swarm());
    added.start(info_hash, hash, tick);
    ++added_;
    return added;
}

void SwarmTable::erase(Swarm& swarm) noexcept {
    change(swarm, [&] { swarm.clear(heap_); });
    registered_ -= swarm.is_registered() ? 1U : 0U;
    const auto hash_at = [&](std::uint32_t at) {
        return swarms_[at].hash();
    };
    const std::uint32_t position =
        index_.find(swarm.hash(), [&](std::uint32_t at) { return &swarms_[at] == &swarm; });
    index_.erase(swarm.hash(), position, hash_at);
    const std::uint32_t last = size() - 1;
    if (position != last) {
        index_.relocate(hash_at(last), last, position);
    }
    swarms_.remove(position);
    swarms_.shrink(heap_);
    index_.shrink(heap_, hash_at);
    hint_.table.store(index_.table(), std::memory_order_relaxed);
    hint_.mask.store(index_.mask(), std::memory_order_relaxed);
}

void SwarmTable::set_registered(Swarm& swarm) noexcept {
    registered_ += swarm.is_registered() ? 0U : 1U;
    swarm.set_registered();
}

void SwarmTable::prefetch(std::uint32_t hash) const noexcept {
    index_.for_each(hash, [&](std::uint32_t at) {
        prefetch_line(&swarms_[at]);
        prefetch_line(reinterpret_cast<const char*>(&swarms_[at] + 1) - 1);
        return false;  // the first one is the one, but for one in 256
    });
}

void SwarmTable::prefetch_peers(std::uint32_t hash) const noexcept {
    constexpr std::size_t line = 64;
    constexpr std::size_t lines = 9;  // all of fifty peers; of more, where they are looked up
    index_.for_each(hash, [&](std::uint32_t at) {
        if (swarms_[at].hash() != hash) {
            return true;
        }
        if (!swarms_[at].is_inline()) {
            const Swarm::Blocks& blocks = swarms_[at].blocks();
            const auto* const first = static_cast<const char*>(blocks.ipv4.address());
            for (std::size_t i = 0; first != nullptr && i < lines; ++i) {
                prefetch_line(first + i * line);
            }
            prefetch_line(blocks.ipv6.address());
            prefetch_line(blocks.members);
        }
        return false;
    });
}

}  // namespace chihaya::memory
