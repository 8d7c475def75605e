#pragma once

/// @file members.hpp
/// The peers of one swarm that need a record of their own: those with an account, whose traffic
/// somebody keeps books on, and those that named an address of either family.

#include "chihaya/announce.hpp"
#include "chihaya/swarm.hpp"
#include "plugins/memory/heap.hpp"
#include "plugins/memory/keyed_hash.hpp"
#include "plugins/memory/packed_array.hpp"
#include "plugins/memory/position_index.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace chihaya::memory {

/// Which of a member's two endpoints, and which of a swarm's two arrays.
template <class Endpoint>
inline constexpr std::size_t family = 0;
template <>
inline constexpr std::size_t family<Ipv6Endpoint> = 1;

/// One member. 88 bytes: the goal is 120 for everything.
///
/// Its endpoints lie in the peer arrays, which know their owner; here stands only where.
struct Member {
    std::uint64_t user = 0;
    std::uint64_t uploaded = 0;  // without an account: the IPv4 endpoint, which is the peer's key
    std::uint64_t downloaded = 0;
    std::uint64_t left = 0;
    std::uint64_t corrupt = 0;
    std::uint32_t first_announce = 0;
    std::uint32_t last_announce = 0;
    std::uint32_t announces = 0;
    std::uint32_t client_key = 0;
    std::array<std::uint32_t, 2> position{absent, absent};
    PeerId peer_id{};
    PeerFlags flags = PeerFlags::none;

    [[nodiscard]] bool has_account() const noexcept { return user != 0; }
    [[nodiscard]] bool is(PeerFlags flag) const noexcept { return has(flags, flag); }
};
static_assert(sizeof(Member) == 88);

/// Lives in a heap block of its own; `create` and `destroy` are its birth and death.
class Members {
public:
    /// Members of one account that are counted off one by one. A client more, and the table is
    /// keyed so that they do not crowd one place; then nobody enumerates them.
    static constexpr std::size_t siblings_max = 32;

    /// The members of one account.
    struct Siblings {
        std::array<std::uint32_t, siblings_max> members{};
        std::size_t count = 0;
        bool complete = true;  // false: there may be more than were looked up
    };

    /// Errors: std::bad_alloc
    [[nodiscard]] static Members* create(Heap& heap);
    static void destroy(Heap& heap, Members* members) noexcept;

    [[nodiscard]] std::uint32_t size() const noexcept { return items_.size(); }

    [[nodiscard]] Member& operator[](std::uint32_t position) noexcept { return items_[position]; }
    [[nodiscard]] const Member& operator[](std::uint32_t position) const noexcept {
        return items_[position];
    }

    [[nodiscard]] std::uint32_t find(const HashSecret& secret, UserId user,
                                     const PeerId& id) const noexcept;
    [[nodiscard]] std::uint32_t find(const HashSecret& secret,
                                     const Ipv4Endpoint& key) const noexcept;
    [[nodiscard]] Siblings siblings(const HashSecret& secret, std::uint64_t user) const noexcept;

    /// Makes room for one more. Errors: std::bad_alloc; nothing has changed
    void reserve(Heap& heap, const HashSecret& secret);

    /// `reserve` was called before. Not counted yet: see `count`.
    std::uint32_t add(const HashSecret& secret, const Member& member) noexcept;

    /// Takes out a member that is neither counted nor in an array. The last one takes its place:
    /// whoever points there must be told.
    void remove(const HashSecret& secret, std::uint32_t position) noexcept;

    /// Gives memory back when there is far too much of it.
    void shrink(Heap& heap, const HashSecret& secret) noexcept;

    /// Adds the member to the counts, or takes it off them; a dormant one counts as nothing.
    void count(const Member& member) noexcept { adjust(member, 1); }
    void discount(const Member& member) noexcept { adjust(member, ~std::uint32_t{0}); }

    [[nodiscard]] const SwarmCounts& counts() const noexcept { return counts_; }

private:
    void adjust(const Member& member, std::uint32_t step) noexcept;
    [[nodiscard]] std::uint32_t hash_of(const HashSecret& secret,
                                        const Member& member) const noexcept;

    PackedArray<Member, 8> items_;
    PositionIndex index_;
    SwarmCounts counts_{};
    bool crowded_ = false;  // the hash covers the peer id too
};

/// The key of a member without an account, as it lies in `Member::uploaded`.
[[nodiscard]] std::uint64_t pack(const Ipv4Endpoint& endpoint) noexcept;
[[nodiscard]] Ipv4Endpoint unpack(std::uint64_t packed) noexcept;

}  // namespace chihaya::memory
