#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/scripts.hpp"
#include "plugins/redis/swarm_store.hpp"
#include "plugins/redis/sweep_request.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

// All swarms, one after the other.
namespace chihaya::redis {
namespace {

constexpr Status endless{StatusCode::internal, "redis does not come to the end of a scan"};

// Names asked for at once: Redis is at it for less than a millisecond.
constexpr std::int64_t names_per_scan = 500;
// A server that never comes to an end is believed no further than this.
constexpr std::size_t scans_max = 10'000'000;

/// Everything that begins with `start`, for MATCH.
std::string pattern_of(std::string_view start) {
    std::string pattern;
    for (const char letter : start) {
        if (std::string_view("*?[]^\\").find(letter) != std::string_view::npos) {
            pattern.push_back('\\');
        }
        pattern.push_back(letter);
    }
    return pattern + "*";
}

std::uint64_t mark_of(const InfoHash& info_hash) noexcept {
    return get_number(text_of(info_hash.bytes), 0, 8) * 0x9e3779b97f4a7c15U ^
           get_number(text_of(info_hash.bytes), 12, 8);
}

/// The info-hash behind the first `start` bytes of a swarm's key; nothing when it is another key.
std::optional<InfoHash> name_in(std::string_view key, std::size_t start) noexcept {
    InfoHash name;
    if (key.size() != start + name.bytes.size()) {
        return std::nullopt;
    }
    std::memcpy(name.bytes.data(), key.data() + start, name.bytes.size());
    return name;
}

}  // namespace

Status SwarmStore::for_all_names(const ShowNames& show) {
    bool goes_on = true;
    return client_.for_each_master(
        [&](std::uint16_t slot) { return goes_on ? scan(slot, show, goes_on) : Status{}; });
}

// SCAN may tell a name twice while its table changes size: by its mark it is known again.
Status SwarmStore::scan(std::uint16_t slot, const ShowNames& show, bool& goes_on) {
    const std::size_t start = keyspace_.swarms().size();
    const std::string pattern = pattern_of(keyspace_.swarms());
    std::unordered_set<std::uint64_t> seen;
    std::vector<InfoHash> names;
    std::string cursor = "0";
    for (std::size_t round = 0; round < scans_max; ++round) {
        command_.begin(6).add("SCAN").add(cursor).add("MATCH").add(pattern);
        command_.add("COUNT").add(names_per_scan);
        const Reply* reply = nullptr;
        Status status = client_.call(slot, command_.bytes(), reply);
        if (!status.ok() || reply->items().size() != 2) {
            return status.ok() ? endless : status;
        }
        cursor = reply->items()[0].text();
        names.clear();
        for (const Reply& key : reply->items()[1].items()) {
            const auto name = name_in(key.text(), start);
            if (name && seen.insert(mark_of(*name)).second) {
                names.push_back(*name);
            }
        }
        status = names.empty() ? Status{} : show(names, goes_on);
        if (!status.ok() || cursor == "0" || !goes_on) {
            return status;
        }
    }
    return endless;
}

Status SwarmStore::recount_after_pause() {
    const std::lock_guard lock(mutex_);
    const Reply* reply = nullptr;
    command_.begin(2).add("GET").add(keyspace_.looked());
    Status status = client_.call(slot_of(keyspace_.looked()), command_.bytes(), reply);
    if (!status.ok() || reply->text().empty()) {
        return status;
    }
    std::uint64_t looked = 0;
    std::from_chars(reply->text().data(), reply->text().data() + reply->text().size(), looked);
    const std::uint32_t kept = shared_.rules().time_to_live();
    if (kept == 0 || looked + kept > shared_.latest()) {
        return {};
    }
    TotalsChange totals;
    status = for_all_names([&](std::span<const InfoHash> names, bool& /*goes_on*/) {
        for (const InfoHash& name : names) {
            const std::string_view key = keyspace_.swarm(name);
            command_.begin(3).add("HGET").add(key).add(header_field);
            client_.add(slot_of(key), command_.bytes());
        }
        return client_.run([&](std::size_t /*index*/, const Reply& header) {
            if (header.text().size() == header_bytes) {
                const SwarmCounts counts = counts_at(header.text(), 1);
                totals.swarms += 1;
                totals.seeders += counts.seeders;
                totals.leechers += counts.leechers;
            }
        });
    });
    if (!status.ok()) {
        return status;
    }
    const std::string_view key = keyspace_.totals();
    command_.begin(8).add("HSET").add(key).add("swarms").add(totals.swarms);
    command_.add("seeders").add(totals.seeders).add("leechers").add(totals.leechers);
    return client_.call(slot_of(key), command_.bytes(), reply);
}

Status SwarmStore::forget_users(std::span<const UserId> users) {
    constexpr std::size_t users_at_once = 10'000;
    const std::lock_guard lock(mutex_);
    Status status;
    while (!users.empty() && status.ok()) {
        std::string gone;
        const auto some = users.first(std::min(users_at_once, users.size()));
        users = users.subspan(some.size());
        for (const UserId user : some) {
            put_number(gone, static_cast<std::uint64_t>(user), 8);
        }
        status = for_all_names([&](std::span<const InfoHash> names, bool& /*goes_on*/) {
            return forget_in(names, gone);
        });
    }
    return status;
}

Status SwarmStore::forget_in(std::span<const InfoHash> names, const std::string& users) {
    struct Sweep {
        InfoHash info_hash;
        SweepPlace place;
    };
    std::vector<Sweep> sweeps;
    for (const InfoHash& name : names) {
        sweeps.push_back({name, {}});
    }
    Status status;
    while (!sweeps.empty() && status.ok()) {
        for (const Sweep& sweep : sweeps) {
            const std::string_view key = keyspace_.swarm(sweep.info_hash);
            std::string numbers;
            put_sweep(numbers, shared_.rules(), shared_.latest(), sweep.place);
            command_.begin(6).add("EVALSHA").add(sweep_script.sha1).add(1).add(key);
            command_.add(numbers).add(users);
            client_.add(slot_of(key), command_.bytes());
        }
        std::vector<Sweep> rest;
        status = client_.run([&](std::size_t index, const Reply& reply) {
            const auto answer = read_sweep(reply);
            if (!answer) {
                return;
            }
            settle(shared_, sweeps[index].info_hash, *answer);
            if (answer->place) {
                rest.push_back({sweeps[index].info_hash, *answer->place});
            }
        });
        sweeps = std::move(rest);
    }
    return status;
}

}  // namespace chihaya::redis
