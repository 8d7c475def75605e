#include "plugins/redis/sweep_request.hpp"

#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <vector>

namespace chihaya::redis {

void put_sweep(std::string& to, const Rules& rules, std::uint32_t now, const SweepPlace& place) {
    put_number(to, now, 4);
    put_number(to, to_tick(now), 2);
    put_number(to, rules.life(), 4);
    put_number(to, rules.history_lifetime, 4);
    put_number(to, rules.time_to_live(), 4);
    put_number(to, rules.purge_empty ? 1 : 0, 1);
    put_number(to, pages_per_sweep, 2);
    put_number(to, place.row_class, 1);
    put_number(to, place.page, 2);
    put_number(to, place.again, 4);
}

std::optional<SweepAnswer> read_sweep(const Reply& reply) noexcept {
    const std::span<const Reply> items = reply.items();
    if (items.size() < 4) {
        return std::nullopt;
    }
    SweepAnswer answer;
    const std::string_view counts = items[0].text();
    if (counts.empty()) {
        return answer;
    }
    const std::string_view before = items[1].text();
    const std::string_view place = items[3].text();
    if (counts.size() != 17 || before.size() != 8 || (!place.empty() && place.size() != 7)) {
        return std::nullopt;
    }
    answer.was_there = true;
    answer.counts = counts_at(counts, 1);
    answer.totals = change_between(before, answer.counts);
    answer.totals.swarms = counts[0] == 2 ? -1 : 0;
    answer.again = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(items[2].integer(), 0, std::int64_t{0xffffffff}));
    if (!place.empty()) {
        answer.place = SweepPlace{static_cast<std::uint8_t>(place[0]),
                                  static_cast<std::uint16_t>(get_number(place, 1, 2)),
                                  static_cast<std::uint32_t>(get_number(place, 3, 4))};
    }
    answer.expired = items.subspan(4);
    return answer;
}

void settle(Shared& shared, const InfoHash& info_hash, const SweepAnswer& answer) {
    constexpr std::size_t key = key_bytes(Kind::member);
    shared.sweeps.fetch_add(1, std::memory_order_relaxed);
    shared.changes.add(answer.totals);
    std::vector<ExpiredPeer> farewells;
    for (const Reply& row : answer.expired) {
        const std::string_view bytes = row.text();
        if (bytes.size() == key + meta_bytes(Kind::member)) {
            farewells.push_back(
                {.info_hash = info_hash,
                 .peer = record_of(Kind::member, bytes.substr(0, key), bytes.substr(key), 0),
                 .counts = answer.counts});
        }
    }
    shared.expired.fetch_add(farewells.size(), std::memory_order_relaxed);
    ExpirySink* const expiry = shared.expiry.load();
    if (expiry != nullptr && !farewells.empty()) {
        expiry->expired(farewells);
    }
}

}  // namespace chihaya::redis
