#include "plugins/redis/swarm_store.hpp"

#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/heartbeat.hpp"
#include "plugins/redis/intake.hpp"
#include "plugins/redis/limits.hpp"
#include "plugins/redis/scripts.hpp"
#include "plugins/redis/swarm_reader.hpp"

#include <algorithm>

namespace chihaya::redis {
namespace {

constexpr Status no_secret{StatusCode::unavailable, "redis is not connected"};

// Commands in a pipeline, before their replies are waited for.
constexpr std::size_t per_pipeline = 500;

/// Calls `each` with pieces of `all`, until one is not ok.
template <class T, class Each>
Status in_pieces(std::span<const T> all, std::size_t size, Each&& each) {
    Status status;
    while (!all.empty() && status.ok()) {
        const auto some = all.first(std::min(size, all.size()));
        all = all.subspan(some.size());
        status = each(some);
    }
    return status;
}

}  // namespace

SwarmStore::SwarmStore(Host& control, Shared& shared)
    : shared_(shared),
      client_(control, shared.parameters, swarm_scripts()),
      keyspace_(shared.parameters.prefix) {}

Status SwarmStore::learn_secret() {
    const std::lock_guard lock(mutex_);
    const std::string_view key = keyspace_.secret();
    const Reply* reply = nullptr;
    command_.begin(4).add("SET").add(key).add(new_secret()).add("NX");
    Status status = client_.call(slot_of(key), command_.bytes(), reply);
    if (!status.ok()) {
        return status;
    }
    command_.begin(2).add("GET").add(key);
    status = client_.call(slot_of(key), command_.bytes(), reply);
    const auto secret = status.ok() ? read_secret(reply->text()) : std::nullopt;
    if (secret) {
        shared_.set_secret(*secret);
    }
    return status;
}

Status SwarmStore::register_swarms(std::span<const TorrentRecord> torrents) {
    const std::lock_guard lock(mutex_);
    return in_pieces(torrents, per_pipeline, [&](std::span<const TorrentRecord> some) {
        for (const TorrentRecord& torrent : some) {
            const std::string_view key = keyspace_.swarm(torrent.info_hash);
            command_.begin(6).add("EVALSHA").add(register_script.sha1).add(1).add(key);
            command_.add(std::int64_t{torrent.snatches}).add("register");
            client_.add(slot_of(key), command_.bytes());
        }
        return client_.run([&](std::size_t /*index*/, const Reply& reply) {
            shared_.changes.add({.swarms = reply.integer()});
        });
    });
}

Status SwarmStore::erase_swarms(std::span<const TorrentErasure> torrents) {
    const std::lock_guard lock(mutex_);
    return in_pieces(torrents, per_pipeline, [&](std::span<const TorrentErasure> some) {
        for (const TorrentErasure& torrent : some) {
            const std::string_view key = keyspace_.swarm(torrent.info_hash);
            command_.begin(4).add("EVALSHA").add(erase_script.sha1).add(1).add(key);
            client_.add(slot_of(key), command_.bytes());
        }
        return client_.run([&](std::size_t /*index*/, const Reply& reply) {
            if (reply.text().size() == 8) {
                TotalsChange change = change_between(reply.text(), {});
                change.swarms = -1;
                shared_.changes.add(change);
            }
        });
    });
}

Status SwarmStore::read(std::span<const InfoHash> names, SwarmSink& sink) {
    const std::lock_guard lock(mutex_);
    bool goes_on = true;
    return in_pieces(names, limits::swarms_per_read, [&](std::span<const InfoHash> some) {
        return goes_on ? show_swarms(some, sink, goes_on) : Status{};
    });
}

Status SwarmStore::read_all(SwarmSink& sink) {
    const std::lock_guard lock(mutex_);
    return for_all_names([&](std::span<const InfoHash> names, bool& goes_on) {
        return show_swarms(names, sink, goes_on);
    });
}

Status SwarmStore::show_swarms(std::span<const InfoHash> names, SwarmSink& sink, bool& goes_on) {
    for (const InfoHash& name : names) {
        const std::string_view key = keyspace_.swarm(name);
        command_.begin(2).add("HGETALL").add(key);
        client_.add(slot_of(key), command_.bytes());
    }
    return client_.run([&](std::size_t index, const Reply& reply) {
        goes_on = goes_on && show_swarm(names[index], reply, shared_.latest(), sink);
    });
}

Status SwarmStore::take_in(std::span<const SwarmInTransit> swarms) {
    const auto secret = shared_.secret();
    if (!secret) {
        return no_secret;
    }
    const std::lock_guard lock(mutex_);
    Intake intake({client_, keyspace_, command_, shared_}, *secret);
    Status status;
    for (auto one = swarms.begin(); one != swarms.end() && status.ok(); ++one) {
        status = intake.add(*one);
    }
    return status.ok() ? intake.finish() : status;
}

}  // namespace chihaya::redis
