#include "plugins/memory/members.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace chihaya::memory {

std::uint64_t pack(const Ipv4Endpoint& endpoint) noexcept {
    std::uint64_t packed = 0;
    std::memcpy(&packed, endpoint.wire.data(), endpoint.wire.size());
    return packed;
}

Ipv4Endpoint unpack(std::uint64_t packed) noexcept {
    Ipv4Endpoint endpoint;
    std::memcpy(endpoint.wire.data(), &packed, endpoint.wire.size());
    return endpoint;
}

Members* Members::create(Heap& heap) {
    return new (heap.take(sizeof(Members))) Members;
}

void Members::destroy(Heap& heap, Members* members) noexcept {
    if (members != nullptr) {
        members->index_.release(heap);
        members->items_.release(heap);
        heap.give_back(members, sizeof(Members));
    }
}

std::uint32_t Members::hash_of(const HashSecret& secret, const Member& member) const noexcept {
    if (!member.has_account()) {
        return secret.hash(unpack(member.uploaded));
    }
    return crowded_ ? secret.hash(member.user, member.peer_id) : secret.hash(member.user);
}

std::uint32_t Members::find(const HashSecret& secret, UserId user,
                            const PeerId& id) const noexcept {
    Member sought;
    sought.user = static_cast<std::uint64_t>(user);
    sought.peer_id = id;
    return index_.find(hash_of(secret, sought), [&](std::uint32_t position) {
        return items_[position].user == sought.user && items_[position].peer_id == id;
    });
}

std::uint32_t Members::find(const HashSecret& secret, const Ipv4Endpoint& key) const noexcept {
    const std::uint64_t packed = pack(key);
    return index_.find(secret.hash(key), [&](std::uint32_t position) {
        return !items_[position].has_account() && items_[position].uploaded == packed;
    });
}

Members::Siblings Members::siblings(const HashSecret& secret, std::uint64_t user) const noexcept {
    Siblings found;
    if (crowded_) {
        found.complete = false;
        return found;
    }
    index_.for_each(secret.hash(user), [&](std::uint32_t position) {
        if (items_[position].user == user) {
            found.complete = found.count < siblings_max;
            if (found.complete) {
                found.members[found.count++] = position;
            }
        }
        return found.complete;
    });
    return found;
}

void Members::reserve(Heap& heap, const HashSecret& secret) {
    const auto hash_at = [&](std::uint32_t position) {
        return hash_of(secret, items_[position]);
    };
    if (size() >= PositionIndex::positions_max) {
        throw std::bad_alloc();
    }
    index_.reserve(heap, hash_at);
    items_.reserve(heap);
}

std::uint32_t Members::add(const HashSecret& secret, const Member& member) noexcept {
    const std::uint32_t position = size();
    items_.append(member);
    index_.insert(hash_of(secret, member), position);
    if (member.has_account() && !crowded_ && !siblings(secret, member.user).complete) {
        crowded_ = true;
        index_.rebuild(size(), [&](std::uint32_t at) { return hash_of(secret, items_[at]); });
    }
    return position;
}

void Members::remove(const HashSecret& secret, std::uint32_t position) noexcept {
    const auto hash_at = [&](std::uint32_t at) {
        return hash_of(secret, items_[at]);
    };
    index_.erase(hash_at(position), position, hash_at);
    const std::uint32_t last = size() - 1;
    if (position != last) {
        index_.relocate(hash_at(last), last, position);
    }
    items_.remove(position);
}

void Members::shrink(Heap& heap, const HashSecret& secret) noexcept {
    index_.shrink(heap, [&](std::uint32_t at) { return hash_of(secret, items_[at]); });
    items_.shrink(heap);
}

void Members::adjust(const Member& member, std::uint32_t step) noexcept {
    if (member.is(PeerFlags::dormant)) {
        return;
    }
    (member.is(PeerFlags::seeder) ? counts_.seeders : counts_.leechers) += step;
    counts_.partial_seeds += member.is(PeerFlags::paused) ? step : 0;
}

}  // namespace chihaya::memory
