#pragma once

/// @file announce_plan.hpp
/// One announce as scripts/announce.lua is asked for it.

#include "chihaya/announce.hpp"
#include "chihaya/swarm.hpp"
#include "plugins/redis/layout.hpp"
#include "plugins/redis/page_memory.hpp"
#include "plugins/redis/peer_hash.hpp"
#include "plugins/redis/random.hpp"
#include "plugins/redis/rules.hpp"
#include "plugins/redis/shape_memory.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// The request, and the fields that it will most likely need.
struct AnnouncePlan {
    /// Pages to choose from. Lua takes 32 names apart and no more; a reply of 255 peers of both
    /// families then comes out of fewer pages than it should.
    static constexpr std::size_t choices_max = 30;

    std::string request{};  // as announce.lua unpacks it
    std::array<FieldName, 2 + choices_max> fields{};
    std::array<RowClass, 2 + choices_max> classes{};  // of the rows in them
    std::size_t field_count = 0;                      // 0 where it is not a usual announce
    std::array<FieldName, choices_max> known{};       // pages that need not be asked for
    std::array<RowClass, choices_max> known_classes{};
    std::size_t known_count = 0;
};

/// What an announce finds there, as far as it is known.
struct Known {
    const Sight* sight = nullptr;  // null: nobody knows, so it will be small
    const PageMemory* pages = nullptr;
};

/// What all announces of a batch have in common.
struct PlanTerms {
    Rules rules;
    HashSecret secret;
    std::uint32_t now = 0;  // Unix time
};

/// Plans `request` for a swarm that was last seen like that; null: nobody knows, so it will be
/// small. The plan's memory is used again. Errors: std::bad_alloc
void plan_announce(AnnouncePlan& plan, const AnnounceRequest& request, const Known& known,
                   const PlanTerms& terms, Random& random);

/// When a swarm is looked at after peers were taken in: some of them may be about to fall silent.
[[nodiscard]] constexpr std::uint32_t due_after_taking_in(std::uint32_t now) noexcept {
    return now + 4 * due_seconds;
}

/// The same for a peer that is taken in as it was, into a swarm that has at least so many snatches.
/// False when it is nothing to take in: silent for too long, or nowhere.
/// Errors: std::bad_alloc
[[nodiscard]] bool plan_taking_in(AnnouncePlan& plan, const PeerRecord& record,
                                  std::uint32_t snatches, const PlanTerms& terms);

}  // namespace chihaya::redis
