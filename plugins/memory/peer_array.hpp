#pragma once

/// @file peer_array.hpp
/// The endpoints of one swarm and one family, in the form in which they leave on the wire.
///
/// One block holds everything, column by column: a tag (eight bits of the endpoint's hash, scanned
/// sixteen at a time to find an announcer), two bytes of time and flags, the entry itself, and,
/// only where they are needed, the owning member and the peer id. Nine bytes a peer in the plain
/// case.
///
/// Rows are grouped: seeders, then leechers, then hidden peers. Each endpoint is there once.

#include "chihaya/address.hpp"
#include "plugins/memory/heap.hpp"
#include "plugins/memory/keyed_hash.hpp"
#include "plugins/memory/members.hpp"
#include "plugins/memory/moment.hpp"
#include "plugins/memory/position_index.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace chihaya::memory {

/// The two bytes of a row: the tick of the last announce, and flags.
namespace row {
inline constexpr std::uint16_t partial = 0x2000;
inline constexpr std::uint16_t seeder = 0x4000;
inline constexpr std::uint16_t owned = 0x8000;  // a member's; the member is what is counted
}  // namespace row

enum class Region : std::uint8_t { seeders = 0, leechers = 1, hidden = 2 };

/// The columns that not every array has.
enum class Columns : std::uint8_t { none = 0, owners = 1, ids = 2 };
[[nodiscard]] constexpr Columns operator|(Columns a, Columns b) noexcept {
    return static_cast<Columns>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool includes(Columns all, Columns some) noexcept {
    return (all | some) == all;
}

/// What an array needs of its swarm.
struct Surroundings {
    Heap& heap;
    const HashSecret& secret;
    const Rules& rules;
    Moment now;
};

/// A handle of one pointer: it lies in a swarm's record, is moved byte by byte, and is released by
/// hand. Whatever moves rows takes the swarm's members, whose positions it keeps right.
template <class Endpoint>
class PeerArray {
public:
    struct Row {
        Endpoint endpoint{};
        std::uint16_t meta = 0;
        std::uint32_t owner = absent;
        PeerId id{};
    };

    [[nodiscard]] bool exists() const noexcept { return block_ != nullptr; }
    [[nodiscard]] std::uint32_t size() const noexcept {
        return block_ == nullptr ? 0 : block_->ends[2];
    }
    /// Where `region` ends; it begins where the one before ends.
    [[nodiscard]] std::uint32_t end_of(Region region) const noexcept {
        return block_ == nullptr ? 0 : block_->ends[static_cast<std::size_t>(region)];
    }
    [[nodiscard]] std::uint32_t begin_of(Region region) const noexcept {
        return region == Region::seeders
                   ? 0
                   : end_of(static_cast<Region>(static_cast<unsigned>(region) - 1));
    }

    /// Of the rows that no member owns.
    [[nodiscard]] SwarmCounts counts() const noexcept {
        return block_ == nullptr ? SwarmCounts{} : block_->counts;
    }
    /// Of all rows, a member's too.
    [[nodiscard]] std::uint32_t seeders() const noexcept {
        return block_ == nullptr ? 0 : block_->seeders;
    }
    /// The kinds of addresses that are, or were until lately, among the rows.
    [[nodiscard]] ReachSet classes() const noexcept {
        return block_ == nullptr ? ReachSet{0} : block_->classes;
    }

    [[nodiscard]] std::uint32_t find(const Endpoint& endpoint, std::uint32_t hash) const noexcept;

    [[nodiscard]] const std::uint8_t* wire() const noexcept {
        return reinterpret_cast<const std::uint8_t*>(entries());
    }
    [[nodiscard]] const Endpoint& endpoint(std::uint32_t at) const noexcept {
        return entries()[at];
    }
    [[nodiscard]] std::uint16_t meta(std::uint32_t at) const noexcept { return metas()[at]; }
    [[nodiscard]] bool is_owned(std::uint32_t at) const noexcept {
        return (meta(at) & row::owned) != 0;
    }
    /// Of a row that is owned.
    [[nodiscard]] std::uint32_t owner(std::uint32_t at) const noexcept { return owners()[at]; }
    void set_owner(std::uint32_t at, std::uint32_t member) noexcept { owners()[at] = member; }
    [[nodiscard]] bool has_ids() const noexcept {
        return block_ != nullptr && has_column(Columns::ids);
    }
    /// Of a row that nobody owns; zeros where ids are not kept.
    [[nodiscard]] PeerId id(std::uint32_t at) const noexcept {
        return has_column(Columns::ids) ? ids()[at] : PeerId{};
    }
    void set_id(std::uint32_t at, const PeerId& id) noexcept {
        if (has_column(Columns::ids)) {
            ids()[at] = id;
        }
    }

    /// Makes room for so many more rows with these columns. Positions stay.
    /// Errors: std::bad_alloc; nothing has changed
    void reserve(const Surroundings& in, Columns columns, std::uint32_t more = 1);

    /// `reserve` was called before. Returns where the row came to lie.
    std::uint32_t insert(const Surroundings& in, Members* members, Region region,
                         const Row& added) noexcept;
    void remove(const Surroundings& in, Members* members, std::uint32_t at) noexcept;
    /// Gives the row new times and flags, and the place that goes with them. Returns the place.
    std::uint32_t update(const Surroundings& in, Members* members, std::uint32_t at,
                         std::pair<Region, std::uint16_t> becomes) noexcept;

    /// Gives memory back when there is far too much of it.
    void shrink(const Surroundings& in) noexcept;
    /// Looks again which kinds of addresses there are.
    void refresh_classes() noexcept;
    void release(Heap& heap) noexcept;

    [[nodiscard]] const void* address() const noexcept { return block_; }
    /// The block as bytes, for a copy that outlives the lock; read it through `over`.
    [[nodiscard]] std::size_t block_bytes() const noexcept {
        return block_ == nullptr ? 0 : bytes(block_->capacity, block_->columns);
    }
    /// Lifetime: `copy` is borrowed; nothing may change
    [[nodiscard]] static PeerArray over(void* copy) noexcept {
        PeerArray array;
        array.block_ = static_cast<Header*>(copy);
        return array;
    }

private:
    static constexpr std::size_t of_family = family<Endpoint>;
    static constexpr std::uint32_t index_from = 2048;  // above this a scan costs more than a table

    struct alignas(16) Header {
        std::uint32_t capacity = 0;  // a multiple of four
        std::array<std::uint32_t, 3> ends{};
        SwarmCounts counts{};
        PositionIndex index;
        Columns columns = Columns::none;
        ReachSet classes = 0;
        std::uint32_t seeders = 0;
    };

    static constexpr std::uint32_t rounded(std::uint32_t rows) noexcept {
        return (rows + 3) & ~std::uint32_t{3};
    }
    static constexpr std::size_t bytes(std::uint32_t capacity, Columns columns) noexcept {
        const std::size_t row = 1 + 2 + sizeof(Endpoint) +
                                (includes(columns, Columns::owners) ? 4 : 0) +
                                (includes(columns, Columns::ids) ? sizeof(PeerId) : 0);
        return sizeof(Header) + capacity * row;
    }

    [[nodiscard]] bool has_column(Columns column) const noexcept {
        return includes(block_->columns, column);
    }

    // The columns, in the order in which they lie in the block.
    [[nodiscard]] std::uint8_t* tags() const noexcept {
        return reinterpret_cast<std::uint8_t*>(block_ + 1);
    }
    [[nodiscard]] std::uint16_t* metas() const noexcept {
        return reinterpret_cast<std::uint16_t*>(tags() + block_->capacity);
    }
    [[nodiscard]] std::uint32_t* owners() const noexcept {
        return reinterpret_cast<std::uint32_t*>(metas() + block_->capacity);
    }
    [[nodiscard]] Endpoint* entries() const noexcept {
        const std::size_t owners_there = has_column(Columns::owners) ? block_->capacity : 0;
        return reinterpret_cast<Endpoint*>(owners() + owners_there);
    }
    [[nodiscard]] PeerId* ids() const noexcept {
        return reinterpret_cast<PeerId*>(entries() + block_->capacity);
    }

    [[nodiscard]] std::uint32_t scan(const Endpoint& endpoint, std::uint8_t tag) const noexcept;
    void build_index(const Surroundings& in);
    void adopt(const Surroundings& in, void* memory, std::uint32_t capacity,
               Columns columns) noexcept;
    void count(std::uint16_t meta, std::uint32_t step) noexcept;
    void put(const Surroundings& in, Members* members, std::uint32_t at, const Row& row) noexcept;
    void move(const Surroundings& in, Members* members, std::uint32_t from,
              std::uint32_t to) noexcept;
    [[nodiscard]] Row row_at(std::uint32_t at) const noexcept;

    Header* block_ = nullptr;
};

extern template class PeerArray<Ipv4Endpoint>;
extern template class PeerArray<Ipv6Endpoint>;

}  // namespace chihaya::memory
