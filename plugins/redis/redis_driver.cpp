#include "plugins/redis/redis_driver.hpp"

#include "plugins/redis/redis_session.hpp"
#include "plugins/redis/scripts.hpp"

#include <algorithm>
#include <exception>

namespace chihaya::redis {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

/// Runs `work`, which may be short of memory.
template <class Work>
Status guarded(Work&& work) noexcept {
    try {
        return work();
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

void warn_of_lifetime(Host& control, const TrackerSetup& setup) noexcept {
    if (setup.peer_lifetime.count() > std::int64_t{lifetime_max}) {
        control.log(Severity::warning,
                    "peer_lifetime is longer than 48h, which is the most that redis keeps a silent "
                    "peer for; 48h it is, set peer_lifetime to that or less");
    }
}

}  // namespace

std::optional<Parameters> parameters_for(Host& control, const TrackerSetup& setup) {
    auto parameters = read_parameters(control, setup.params);
    if (parameters) {
        parameters->timeout = std::min(parameters->timeout, setup.answer_within);
    }
    return parameters;
}

RedisDriver::RedisDriver(Host& control, const TrackerSetup& setup, const Parameters& parameters)
    : control_(control),
      shared_(parameters, setup),
      registry_(control, parameters),
      swarms_(control, shared_),
      lanes_(control, shared_),
      health_(control, parameters, {}) {
    warn_of_lifetime(control, setup);
    shared_.keep_time(to_second(control.now()));
    // When Redis is away the connection says so, and the sessions learn the secret later.
    if (swarms_.learn_secret().ok()) {
        static_cast<void>(swarms_.recount_after_pause());
    }
}

TrackerSession* RedisDriver::open_session(Host& worker) noexcept {
    try {
        return new RedisSession(worker, shared_);
    } catch (const std::exception& error) {
        worker.log(Severity::error, error.what());
        return nullptr;
    }
}

Status RedisDriver::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    const Status status = registry_.put_torrents(torrents);
    return status.ok() ? guarded([&] { return swarms_.register_swarms(torrents); }) : status;
}

Status RedisDriver::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    const Status status = registry_.erase_torrents(torrents);
    return status.ok() ? guarded([&] { return swarms_.erase_swarms(torrents); }) : status;
}

Status RedisDriver::erase_users(std::span<const UserId> users) noexcept {
    const Status status = registry_.erase_users(users);
    return status.ok() ? guarded([&] { return swarms_.forget_users(users); }) : status;
}

Status RedisDriver::read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept {
    return guarded(
        [&] { return lanes_.with([&](SwarmStore& store) { return store.read(names, sink); }); });
}

Status RedisDriver::read_swarms(SwarmSink& sink) noexcept {
    return guarded([&] { return swarms_.read_all(sink); });
}

Status RedisDriver::add_swarms(std::span<const SwarmInTransit> swarms) noexcept {
    return guarded(
        [&] { return lanes_.with([&](SwarmStore& store) { return store.take_in(swarms); }); });
}

Status RedisDriver::reconfigure(const TrackerSetup& setup) noexcept {
    return guarded([&]() -> Status {
        const auto parameters = parameters_for(control_, setup);
        if (!parameters) {
            return {StatusCode::rejected, "the parameters are wrong; the log says which"};
        }
        if (*parameters != shared_.parameters) {
            return {StatusCode::unsupported, "another redis needs another driver"};
        }
        warn_of_lifetime(control_, setup);
        shared_.adopt(setup);
        return {};
    });
}

Status RedisDriver::health() noexcept {
    return guarded([&] {
        const std::lock_guard lock(asking_);
        return health_.for_each_master([&](std::uint16_t slot) {
            Command ping;
            ping.begin(1).add("PING");
            const Reply* reply = nullptr;
            return health_.call(slot, ping.bytes(), reply);
        });
    });
}

void RedisDriver::report(MetricSink& sink) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    // What this process knows already, Redis will say within a second.
    const auto total = [](const std::atomic<std::int64_t>& told,
                          const std::atomic<std::int64_t>& change) {
        return static_cast<double>(
            std::max<std::int64_t>(told.load(relaxed) + change.load(relaxed), 0));
    };
    const double seeders = total(shared_.totals.seeders, shared_.changes.seeders);
    const double leechers = total(shared_.totals.leechers, shared_.changes.leechers);
    sink.gauge("swarms", total(shared_.totals.swarms, shared_.changes.swarms));
    sink.gauge("peers", seeders + leechers);
    sink.gauge("seeders", seeders);
    sink.gauge("leechers", leechers);
    sink.counter("announces", shared_.announces.load(relaxed));
    sink.counter("replanned_announces", shared_.replanned.load(relaxed));
    sink.counter("failed_announces", shared_.failures.load(relaxed));
    sink.counter("swept_swarms", shared_.sweeps.load(relaxed));
    sink.counter("expired_peers", shared_.expired.load(relaxed));
}

}  // namespace chihaya::redis
