#include "plugins/redis/announce_answer.hpp"

#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <cstring>

namespace chihaya::redis {
namespace {

constexpr std::size_t counts_bytes = 17;   // state, then four counts
constexpr std::size_t history_bytes = 45;  // of a member
constexpr std::size_t before_bytes = 8;
constexpr std::size_t ends_bytes = 24;  // a member's addresses

// The state of an answer for which the plan did not do.
constexpr unsigned is_created = 1;
constexpr unsigned is_gone = 2;
constexpr unsigned shall_be_listed = 4;
constexpr unsigned is_any = 8;

void add_rows(AnnounceAnswer& answer, RowClass row, const Reply& keys) noexcept {
    const std::string_view bytes = keys.text();
    if (!bytes.empty() && bytes.size() % key_bytes(kind_of(row)) == 0 &&
        answer.row_count < answer.rows.size()) {
        answer.rows[answer.row_count++] = {row, bytes};
        answer.may_repeat = answer.may_repeat || kind_of(row) == Kind::member;
    }
}

PeerHistory read_history(std::string_view bytes, bool has_account) noexcept {
    if (bytes.empty()) {
        return {};
    }
    if (has_account && bytes.size() == history_bytes) {
        return history_of(bytes);
    }
    PeerHistory history;
    history.known = true;
    history.was_seeder =
        has(static_cast<PeerFlags>(static_cast<std::uint8_t>(bytes[0])), PeerFlags::seeder);
    return history;
}

void read_usual(AnnounceAnswer& answer, std::span<const Reply> items,
                std::span<const RowClass> classes) noexcept {
    answer.was_planned_right = true;
    const std::size_t count = std::min(items.size() - 1, classes.size());
    for (std::size_t i = 2; i < count; ++i) {
        add_rows(answer, classes[i], items[i + 1]);
    }
}

/// What stands in front of the rows.
bool read_change(AnnounceAnswer& answer, unsigned state, std::string_view bytes) noexcept {
    constexpr std::size_t least = before_bytes + sizeof(Shape::bytes);
    if (bytes.size() < least) {
        return false;
    }
    answer.totals = change_between(bytes, answer.counts);
    answer.totals.swarms = (state & is_created) != 0 ? 1 : (state & is_gone) != 0 ? -1 : 0;
    answer.must_be_listed = (state & shall_be_listed) != 0;
    std::memcpy(answer.shape.bytes.data(), bytes.data() + before_bytes, sizeof(Shape::bytes));
    if (bytes.size() == least + ends_bytes) {
        answer.own_ipv4 = ipv4_at(bytes, least);
        answer.own_ipv6 = ipv6_at(bytes, least + 6);
    }
    return true;
}

}  // namespace

SwarmCounts counts_at(std::string_view bytes, std::size_t at) noexcept {
    const auto number = [&](std::size_t index) {
        return static_cast<std::uint32_t>(get_number(bytes, at + 4 * index, 4));
    };
    return {.seeders = number(0),
            .leechers = number(1),
            .partial_seeds = number(2),
            .snatches = number(3)};
}

TotalsChange change_between(std::string_view before, const SwarmCounts& after) noexcept {
    const auto number = [&](std::size_t at) {
        return static_cast<std::int64_t>(get_number(before, at, 4));
    };
    return {.seeders = std::int64_t{after.seeders} - number(0),
            .leechers = std::int64_t{after.leechers} - number(4)};
}

std::optional<AnnounceAnswer> read_answer(const Reply& reply, std::span<const RowClass> classes,
                                          bool has_account) noexcept {
    const std::span<const Reply> items = reply.items();
    if (items.size() < 3) {
        return std::nullopt;
    }
    AnnounceAnswer answer;
    const std::string_view counts = items[0].text();
    if (counts.empty()) {
        return answer;  // who leaves a swarm that is not there
    }
    if (counts.size() != counts_bytes) {
        return std::nullopt;
    }
    const auto state = static_cast<std::uint8_t>(counts[0]);
    answer.counts = counts_at(counts, 1);
    answer.history = read_history(items[1].text(), has_account);
    if ((state & is_any) == 0) {
        read_usual(answer, items, classes);
        return answer;
    }
    if (!read_change(answer, state, items[2].text())) {
        return std::nullopt;
    }
    for (std::size_t i = 3; i + 1 < items.size(); i += 2) {
        if (is_class(items[i].integer())) {
            add_rows(answer, static_cast<RowClass>(items[i].integer()), items[i + 1]);
        }
    }
    return answer;
}

}  // namespace chihaya::redis
