#include "plugins/memory/peer_array.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace chihaya::memory {

template <class Endpoint>
std::uint32_t PeerArray<Endpoint>::find(const Endpoint& endpoint,
                                        std::uint32_t hash) const noexcept {
    if (block_ == nullptr) {
        return absent;
    }
    if (block_->index.exists()) {
        const Endpoint* const all = entries();
        return block_->index.find(hash, [&](std::uint32_t at) { return all[at] == endpoint; });
    }
    return scan(endpoint, static_cast<std::uint8_t>(hash >> 24U));
}

#if defined(__SSE2__)
template <class Endpoint>
std::uint32_t PeerArray<Endpoint>::scan(const Endpoint& endpoint, std::uint8_t tag) const noexcept {
    const std::uint8_t* const all_tags = tags();
    const Endpoint* const all = entries();
    const std::uint32_t count = size();
    const __m128i sought = _mm_set1_epi8(static_cast<char>(tag));
    for (std::uint32_t base = 0; base < count; base += 16) {
        // Reads up to 15 bytes past the tags: the block goes on for longer than that.
        const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(all_tags + base));
        auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(some, sought)));
        if (count - base < 16) {
            hits &= (1U << (count - base)) - 1;
        }
        for (; hits != 0; hits &= hits - 1) {
            const std::uint32_t at = base + static_cast<std::uint32_t>(std::countr_zero(hits));
            if (all[at] == endpoint) {
                return at;
            }
        }
    }
    return absent;
}
#else
template <class Endpoint>
std::uint32_t PeerArray<Endpoint>::scan(const Endpoint& endpoint, std::uint8_t tag) const noexcept {
    const std::uint8_t* const all_tags = tags();
    const Endpoint* const all = entries();
    for (std::uint32_t at = 0; at < size(); ++at) {
        if (all_tags[at] == tag && all[at] == endpoint) {
            return at;
        }
    }
    return absent;
}
#endif

template <class Endpoint>
void PeerArray<Endpoint>::reserve(const Surroundings& in, Columns columns, std::uint32_t more) {
    const std::uint32_t count = size();
    if (count > PositionIndex::positions_max - more) {
        throw std::bad_alloc();
    }
    if (block_ != nullptr && block_->index.exists()) {
        block_->index.reserve(in.heap,
                              [&](std::uint32_t at) { return in.secret.hash(endpoint(at)); });
    }
    const Columns all = columns | (block_ == nullptr ? Columns::none : block_->columns);
    if (block_ == nullptr || count + more > block_->capacity || all != block_->columns) {
        const std::uint32_t capacity = block_ != nullptr && count + more <= block_->capacity
                                           ? block_->capacity
                                           : rounded(count + std::max(more, count / 8));
        adopt(in, in.heap.take(bytes(capacity, all)), capacity, all);
    }
    if (count >= index_from && !block_->index.exists()) {
        build_index(in);
    }
}

/// From here on the index grows and shrinks with the rows; it is built at once, while that is
/// cheap.
template <class Endpoint>
void PeerArray<Endpoint>::build_index(const Surroundings& in) {
    const auto hash_at = [&](std::uint32_t at) {
        return in.secret.hash(endpoint(at));
    };
    PositionIndex index;
    try {
        index.reserve(in.heap, hash_at);
        for (std::uint32_t at = 0; at < size(); ++at) {
            index.insert(hash_at(at), at);
            index.reserve(in.heap, hash_at);
        }
    } catch (const std::bad_alloc&) {
        index.release(in.heap);
        throw;
    }
    block_->index = index;
}

template <class Endpoint>
void PeerArray<Endpoint>::adopt(const Surroundings& in, void* memory, std::uint32_t capacity,
                                Columns columns) noexcept {
    PeerArray fresh;
    fresh.block_ = new (memory) Header;
    fresh.block_->capacity = capacity;
    fresh.block_->columns = columns;
    if (block_ != nullptr) {
        const std::uint32_t count = size();
        fresh.block_->ends = block_->ends;
        fresh.block_->counts = block_->counts;
        fresh.block_->index = block_->index;
        fresh.block_->classes = block_->classes;
        fresh.block_->seeders = block_->seeders;
        std::copy_n(tags(), count, fresh.tags());
        std::copy_n(metas(), count, fresh.metas());
        std::copy_n(entries(), count, fresh.entries());
        if (has_column(Columns::owners)) {
            std::copy_n(owners(), count, fresh.owners());
        }
        if (has_column(Columns::ids)) {
            std::copy_n(ids(), count, fresh.ids());
        } else if (includes(columns, Columns::ids)) {
            std::fill_n(fresh.ids(), count, PeerId{});
        }
        in.heap.give_back(block_, bytes(block_->capacity, block_->columns));
    }
    block_ = fresh.block_;
}

template <class Endpoint>
std::uint32_t PeerArray<Endpoint>::insert(const Surroundings& in, Members* members, Region region,
                                          const Row& added) noexcept {
    auto& ends = block_->ends;
    std::uint32_t hole = ends[2]++;
    for (auto later = std::size_t{2}; later > static_cast<std::size_t>(region); --later) {
        move(in, members, ends[later - 1], hole);
        hole = ends[later - 1]++;
    }
    put(in, members, hole, added);
    return hole;
}

template <class Endpoint>
void PeerArray<Endpoint>::remove(const Surroundings& in, Members* members,
                                 std::uint32_t at) noexcept {
    count(meta(at), ~std::uint32_t{0});
    if (block_->index.exists()) {
        const auto hash_at = [&](std::uint32_t row) {
            return in.secret.hash(endpoint(row));
        };
        block_->index.erase(hash_at(at), at, hash_at);
    }
    for (std::uint32_t& end : block_->ends) {
        if (at < end) {
            --end;
            move(in, members, end, at);
            at = end;
        }
    }
}

template <class Endpoint>
std::uint32_t PeerArray<Endpoint>::update(const Surroundings& in, Members* members,
                                          std::uint32_t at,
                                          std::pair<Region, std::uint16_t> becomes) noexcept {
    const auto [region, meta_now] = becomes;
    if (at >= begin_of(region) && at < end_of(region)) {
        count(meta(at), ~std::uint32_t{0});
        count(meta_now, 1);
        metas()[at] = meta_now;
        return at;
    }
    Row moved = row_at(at);
    moved.meta = meta_now;
    remove(in, members, at);
    return insert(in, members, region, moved);
}

template <class Endpoint>
typename PeerArray<Endpoint>::Row PeerArray<Endpoint>::row_at(std::uint32_t at) const noexcept {
    return {endpoint(at), meta(at), has_column(Columns::owners) ? owner(at) : absent, id(at)};
}

template <class Endpoint>
void PeerArray<Endpoint>::put(const Surroundings& in, Members* members, std::uint32_t at,
                              const Row& row) noexcept {
    const std::uint32_t hash = in.secret.hash(row.endpoint);
    tags()[at] = static_cast<std::uint8_t>(hash >> 24U);
    metas()[at] = row.meta;
    entries()[at] = row.endpoint;
    if (has_column(Columns::owners)) {
        owners()[at] = row.owner;
    }
    set_id(at, row.id);
    count(row.meta, 1);
    block_->classes |= reach_bit(reach_of(row.endpoint));
    if (block_->index.exists()) {
        block_->index.insert(hash, at);
    }
    if ((row.meta & row::owned) != 0) {
        (*members)[row.owner].position[of_family] = at;
    }
}

template <class Endpoint>
void PeerArray<Endpoint>::move(const Surroundings& in, Members* members, std::uint32_t from,
                               std::uint32_t to) noexcept {
    if (from == to) {
        return;
    }
    if (block_->index.exists()) {
        block_->index.relocate(in.secret.hash(endpoint(from)), from, to);
    }
    tags()[to] = tags()[from];
    metas()[to] = metas()[from];
    entries()[to] = entries()[from];
    if (has_column(Columns::owners)) {
        owners()[to] = owners()[from];
    }
    if (has_column(Columns::ids)) {
        ids()[to] = ids()[from];
    }
    if (is_owned(to)) {
        (*members)[owner(to)].position[of_family] = to;
    }
}

template <class Endpoint>
void PeerArray<Endpoint>::count(std::uint16_t meta, std::uint32_t step) noexcept {
    block_->seeders += (meta & row::seeder) != 0 ? step : 0;
    if ((meta & row::owned) != 0) {
        return;
    }
    SwarmCounts& counts = block_->counts;
    ((meta & row::seeder) != 0 ? counts.seeders : counts.leechers) += step;
    counts.partial_seeds += (meta & row::partial) != 0 ? step : 0;
}

template <class Endpoint>
void PeerArray<Endpoint>::shrink(const Surroundings& in) noexcept {
    if (block_ == nullptr) {
        return;
    }
    const std::uint32_t count = size();
    if (count == 0) {
        release(in.heap);
        return;
    }
    const auto hash_at = [&](std::uint32_t at) {
        return in.secret.hash(endpoint(at));
    };
    if (count < index_from / 2) {
        block_->index.release(in.heap);
    } else {
        block_->index.shrink(in.heap, hash_at);
    }
    if (count < block_->capacity / 2) {
        const std::uint32_t capacity = rounded(count + std::max(1U, count / 8));
        const Columns columns = block_->columns;
        void* const memory =
            capacity < block_->capacity ? in.heap.try_take(bytes(capacity, columns)) : nullptr;
        if (memory != nullptr) {
            adopt(in, memory, capacity, columns);
        }
    }
}

template <class Endpoint>
void PeerArray<Endpoint>::refresh_classes() noexcept {
    unsigned classes = 0;
    for (std::uint32_t at = 0; at < size(); ++at) {
        classes |= reach_bit(reach_of(endpoint(at)));
    }
    if (block_ != nullptr) {
        block_->classes = static_cast<ReachSet>(classes);
    }
}

template <class Endpoint>
void PeerArray<Endpoint>::release(Heap& heap) noexcept {
    if (block_ != nullptr) {
        block_->index.release(heap);
        heap.give_back(block_, bytes(block_->capacity, block_->columns));
        block_ = nullptr;
    }
}

template class PeerArray<Ipv4Endpoint>;
template class PeerArray<Ipv6Endpoint>;

}  // namespace chihaya::memory
