#include "plugins/memory/memory_driver.hpp"

#include "plugins/memory/memory_session.hpp"
#include "plugins/memory/parameters.hpp"
#include "plugins/memory/transit.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace chihaya::memory {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

std::uint32_t whole_seconds(std::chrono::seconds lifetime) noexcept {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(lifetime.count(), 1, std::int64_t{0x7fffffff}));
}

}  // namespace

MemoryDriver::MemoryDriver(Host& control, const TrackerSetup& setup, bool keep_ids)
    : control_(control),
      ticks_(setup.peer_lifetime),
      keep_ids_(keep_ids),
      shards_(std::make_unique<Shard[]>(shard_count)),
      sweep_({shards_.get(), shard_count}),
      has_histories_(!setup.restore) {
    adopt(setup);
    keep_time(ticks_.moment(control.now()));
}

TrackerSession* MemoryDriver::open_session(Host& worker) noexcept {
    try {
        auto* const session = new MemorySession(*this, worker);
        const std::lock_guard lock(keeper_mutex_);
        has_sessions_ = true;
        if (keeper_ != nullptr) {
            keeper_->open();
        }
        return session;
    } catch (const std::exception& error) {
        worker.log(Severity::error, error.what());
        return nullptr;
    }
}

bool MemoryDriver::show_one(const InfoHash& info_hash, SwarmSink& sink, SwarmCopy& copy) {
    const std::uint64_t hashed = hash(info_hash);
    bool found = false;
    shard_of(hashed).swarms.with([&](SwarmTable& table) {
        const Swarm* const swarm = table.find(static_cast<std::uint32_t>(hashed), info_hash);
        found = swarm != nullptr;
        if (found) {
            copy.take(*swarm);
        }
    });
    return !found || copy.show(sink, ticks_, latest());
}

Status MemoryDriver::read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept {
    try {
        SwarmCopy copy;
        for (const InfoHash& name : names) {
            if (!show_one(name, sink, copy)) {
                break;
            }
        }
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
    return {};
}

Status MemoryDriver::read_swarms(SwarmSink& sink) noexcept {
    try {
        SwarmCopy copy;
        std::vector<InfoHash> names;  // swarms change places meanwhile; names do not
        bool more = true;
        for (std::size_t shard = 0; shard < shard_count && more; ++shard) {
            shards_[shard].swarms.with([&](SwarmTable& table) {
                names.clear();
                for (std::uint32_t at = 0; at < table.size(); ++at) {
                    names.push_back(table[at].info_hash());
                }
            });
            for (auto name = names.begin(); name != names.end() && more; ++name) {
                more = show_one(*name, sink, copy);
            }
        }
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
    return {};
}

Status MemoryDriver::add_swarms(std::span<const SwarmInTransit> swarms) noexcept {
    const Moment now = latest();
    try {
        for (const SwarmInTransit& one : swarms) {
            add(one, now);
        }
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    }
    return {};
}

void MemoryDriver::add(const SwarmInTransit& one, const Moment& now) {
    constexpr std::size_t at_once = 256;  // then others get the lock
    const Rules rules_now = rules();
    const SwarmRecord& swarm = one.swarm;
    auto peers = one.peers;
    const std::uint64_t hashed = hash(swarm.info_hash);
    const auto low = static_cast<std::uint32_t>(hashed);
    const auto take_some = [&](SwarmTable& table, std::span<const PeerRecord> some) {
        Swarm& into = table.find_or_add(low, swarm.info_hash, now.tick);
        const Surroundings in{table.heap(), secret_, rules_now, now};
        const EmptySwarm empty(table, into, rules_now);
        into.raise_snatches(swarm.counts.snatches);
        if (swarm.registered) {
            table.set_registered(into);
        }
        table.change(into, [&] {
            for (const PeerRecord& peer : some) {
                take_in(into, peer, in);
            }
        });
    };
    do {
        const auto some = peers.first(std::min(at_once, peers.size()));
        peers = peers.subspan(some.size());
        shard_of(hashed).swarms.with([&](SwarmTable& table) { take_some(table, some); });
    } while (!peers.empty());
}

void MemoryDriver::adopt(const TrackerSetup& setup) noexcept {
    peer_lifetime_ = whole_seconds(setup.peer_lifetime);
    history_lifetime_ = whole_seconds(setup.history_lifetime);
    purge_empty_ = setup.purge_empty_swarms;
    preferred_ipv4_bits_ = setup.preferred_ipv4_bits;
    preferred_ipv6_bits_ = setup.preferred_ipv6_bits;
    expiry_ = setup.expiry;
    ceiling_.set_limit(setup.memory_limit);
    ceiling_.set_interval(setup.longest_interval);
}

Rules MemoryDriver::rules() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    const std::uint32_t lifetime = peer_lifetime_.load(relaxed);
    return {.ticks = ticks_,
            .limit_ticks = ticks_.limit(std::chrono::seconds(lifetime)),
            .peer_lifetime = lifetime,
            .history_lifetime = history_lifetime_.load(relaxed),
            .purge_empty = purge_empty_.load(relaxed),
            .keep_ids = keep_ids_,
            .preferred_ipv4_bits = preferred_ipv4_bits_.load(relaxed),
            .preferred_ipv6_bits = preferred_ipv6_bits_.load(relaxed)};
}

void MemoryDriver::keep_time(const Moment& now) noexcept {
    std::uint32_t known = latest_second_.load(std::memory_order_relaxed);
    while (known < now.second &&
           !latest_second_.compare_exchange_weak(known, now.second, std::memory_order_relaxed)) {
    }
}

Moment MemoryDriver::latest() const noexcept {
    return ticks_.moment(latest_second_.load(std::memory_order_relaxed));
}

void MemoryDriver::sweep(SweepSlice& slice) noexcept {
    sweep_.run(slice);
    expired_.fetch_add(slice.expired, std::memory_order_relaxed);
    purged_.fetch_add(slice.purged, std::memory_order_relaxed);
    evicted_.fetch_add(slice.evicted, std::memory_order_relaxed);
    ExpirySink* const expiry = expiry_.load(std::memory_order_relaxed);
    if (expiry != nullptr && !slice.farewells.empty()) {
        expiry->expired(slice.farewells);
    }
    slice.farewells.clear();
    try {
        if (const auto news = ceiling_.news()) {
            control_.log(Severity::warning, *news);
        }
    } catch (const std::exception&) {
        return;  // memory is what is short
    }
}

void MemoryDriver::report(MetricSink& sink) noexcept {
    double swarms = 0;
    double registered = 0;
    std::uint64_t added = 0;
    double seeders = 0;
    double leechers = 0;
    double ipv6 = 0;
    double ipv6_seeders = 0;
    double bytes = sizeof *this + sizeof(Shard) * shard_count;
    for (std::size_t shard = 0; shard < shard_count; ++shard) {
        shards_[shard].swarms.with([&](SwarmTable& table) {
            const Tally& totals = table.totals();
            swarms += table.size();
            registered += table.registered();
            added += table.added();
            seeders += totals.seeders;
            leechers += totals.leechers;
            ipv6 += totals.ipv6;
            ipv6_seeders += totals.ipv6_seeders;
            bytes += static_cast<double>(table.heap().bytes());
        });
    }
    sink.gauge("swarms", swarms);
    sink.gauge("registered_swarms", registered);
    sink.gauge("peers", seeders + leechers);
    sink.gauge("seeders", seeders);
    sink.gauge("leechers", leechers);
    sink.gauge("peers_ipv4", seeders + leechers - ipv6);
    sink.gauge("peers_ipv6", ipv6);
    sink.gauge("seeders_ipv4", seeders - ipv6_seeders);
    sink.gauge("seeders_ipv6", ipv6_seeders);
    sink.gauge("memory_bytes", bytes);
    if (const std::uint64_t limit = ceiling_.limit(); limit != 0) {
        sink.gauge("memory_limit_bytes", static_cast<double>(limit));
    }
    sink.counter("expired_peers", expired_.load(std::memory_order_relaxed));
    sink.counter("evicted_peers", evicted_.load(std::memory_order_relaxed));
    sink.counter("swarms_added", added);
    const std::uint64_t gone = added - static_cast<std::uint64_t>(swarms);
    const std::uint64_t purged = std::min(purged_.load(std::memory_order_relaxed), gone);
    sink.counter("swarms_removed", gone - purged);
    sink.counter("purged_swarms", purged);
    if (const auto keeper = this->keeper(); keeper != nullptr) {
        keeper->report(sink);
    }
}

}  // namespace chihaya::memory
