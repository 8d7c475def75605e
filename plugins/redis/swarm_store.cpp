#include "plugins/redis/swarm_store.hpp"

#include "plugins/redis/announce_plan.hpp"
#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/due_lists.hpp"
#include "plugins/redis/heartbeat.hpp"
#include "plugins/redis/scripts.hpp"
#include "plugins/redis/swarm_reader.hpp"

#include <algorithm>
#include <array>

namespace chihaya::redis {
namespace {

constexpr Status no_secret{StatusCode::unavailable, "redis is not connected"};

// Commands in a pipeline, before their replies are waited for.
constexpr std::size_t per_pipeline = 500;
// Announces in one call of the script.
constexpr std::size_t per_call = 16;

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

Status SwarmStore::read(const InfoHash& info_hash, SwarmSink& sink) {
    const std::lock_guard lock(mutex_);
    bool goes_on = true;
    return show_swarms({&info_hash, 1}, sink, goes_on);
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

/// One pipeline for a swarm of usual size: its peers, its snatches, and a line in the lists of
/// those to be looked at. A line too many does no harm (sweep.lua).
Status SwarmStore::take_in(const SwarmRecord& swarm, std::span<const PeerRecord> peers) {
    const auto secret = shared_.secret();
    if (!secret) {
        return no_secret;
    }
    const std::lock_guard lock(mutex_);
    constexpr std::size_t at_once = per_pipeline * per_call;
    while (peers.size() > at_once) {
        add_taking_in(swarm.info_hash, peers.first(at_once), *secret);
        if (const Status status = run_taking_in(); !status.ok()) {
            return status;
        }
        peers = peers.subspan(at_once);
    }
    add_taking_in(swarm.info_hash, peers, *secret);
    const Rules rules = shared_.rules();
    const std::string_view key = keyspace_.swarm(swarm.info_hash);
    command_.begin(6).add("EVALSHA").add(register_script.sha1).add(1).add(key);
    command_.add(std::int64_t{swarm.counts.snatches});
    command_.add(swarm.registered ? "register" : rules.purge_empty ? "keep" : "create");
    client_.add(slot_of(key), command_.bytes());
    if (!peers.empty()) {
        const std::uint32_t due = due_after_taking_in(shared_.latest());
        const std::string_view list = keyspace_.due(due_list(due));
        command_.begin(3).add("RPUSH").add(list).add(text_of(swarm.info_hash.bytes));
        client_.add(slot_of(list), command_.bytes());
    }
    return run_taking_in();
}

void SwarmStore::add_taking_in(const InfoHash& info_hash, std::span<const PeerRecord> some,
                               const HashSecret& secret) {
    const PlanTerms terms{.rules = shared_.rules(), .secret = secret, .now = shared_.latest()};
    const std::string_view key = keyspace_.swarm(info_hash);
    std::array<AnnouncePlan, per_call> plans;
    std::size_t planned = 0;
    const auto add_call = [&] {
        if (planned == 0) {
            return;
        }
        command_.begin(3 + 2 * planned).add("EVALSHA").add(announce_script.sha1);
        command_.add(static_cast<std::int64_t>(planned));
        for (std::size_t i = 0; i < planned; ++i) {
            command_.add(key);
        }
        for (std::size_t i = 0; i < planned; ++i) {
            command_.add(plans[i].request);
        }
        client_.add(slot_of(key), command_.bytes());
        planned = 0;
    };
    for (const PeerRecord& peer : some) {
        if (has(peer.flags, PeerFlags::unsure)) {
            continue;  // there is no place for that here: it comes anew
        }
        planned += plan_taking_in(plans[planned], peer, terms) ? 1U : 0U;
        if (planned == plans.size()) {
            add_call();
        }
    }
    add_call();
}

/// Replies of announces are arrays. One number in a row is that of the swarm, the next that of the
/// list.
Status SwarmStore::run_taking_in() {
    bool is_registered = false;
    return client_.run([&](std::size_t /*index*/, const Reply& reply) {
        for (const Reply& item : reply.items()) {
            if (const auto answer = read_answer(item, {}, false)) {
                shared_.changes.add(answer->totals);
            }
        }
        if (reply.items().empty()) {
            shared_.changes.add({.swarms = is_registered ? 0 : reply.integer()});
            is_registered = true;
        }
    });
}

}  // namespace chihaya::redis
