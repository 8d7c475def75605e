#pragma once

/// @file announce_answer.hpp
/// What scripts/announce.lua answers to one announce, checked and taken apart.

#include "chihaya/announce.hpp"
#include "plugins/redis/layout.hpp"
#include "plugins/redis/reply.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::redis {

/// Rows to choose peers from: the keys of one page.
struct Rows {
    RowClass row{};
    std::string_view keys{};
};

/// How the numbers of all swarms change by what happened to one.
struct TotalsChange {
    std::int64_t swarms = 0;
    std::int64_t seeders = 0;
    std::int64_t leechers = 0;
};

/// Lifetime: what it points to is the reply's
struct AnnounceAnswer {
    static constexpr std::size_t rows_max = 48;

    SwarmCounts counts;
    PeerHistory history;
    bool was_planned_right = false;  // then the swarm has kept its shape
    bool must_be_listed = false;     // among those to be looked at
    Shape shape;                     // where the plan was wrong
    TotalsChange totals;
    Ipv4Endpoint own_ipv4;  // of a member, as it is known now; absent otherwise
    Ipv6Endpoint own_ipv6;
    std::array<Rows, rows_max> rows;
    std::size_t row_count = 0;
    bool may_repeat = false;  // two rows may have one address
};

/// Counts as a header or an answer has them: 16 bytes from `at` on.
[[nodiscard]] SwarmCounts counts_at(std::string_view bytes, std::size_t at) noexcept;

/// How many there are, of what was counted before (seeders and leechers, 8 bytes) and after.
[[nodiscard]] TotalsChange change_between(std::string_view before,
                                          const SwarmCounts& after) noexcept;

/// `classes` are those of the fields that were planned, the first two being the peer's own.
/// Errors: nothing when the reply is not what the script answers
[[nodiscard]] std::optional<AnnounceAnswer> read_answer(const Reply& reply,
                                                        std::span<const RowClass> classes,
                                                        bool has_account) noexcept;

}  // namespace chihaya::redis
