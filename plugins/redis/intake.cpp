#include "plugins/redis/intake.hpp"

#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/scripts.hpp"

#include <string_view>
#include <utility>

namespace chihaya::redis {

Intake::Intake(const Tools& tools, const HashSecret& secret)
    : tools_(tools),
      terms_{.rules = tools.shared.rules(), .secret = secret, .now = tools.shared.latest()},
      is_cluster_(tools.shared.parameters.mode == Mode::cluster) {}

Status Intake::add(const SwarmInTransit& one) {
    bool has_any = false;
    for (const PeerRecord& peer : one.peers) {
        // There is no place here for one that is unsure: it comes anew.
        if (has(peer.flags, PeerFlags::unsure) ||
            !plan_taking_in(plans_[planned_], peer, one.swarm.counts.snatches, terms_)) {
            continue;
        }
        has_any = true;
        names_[planned_++] = one.swarm.info_hash;
        if (planned_ == plans_.size()) {
            add_call();
        }
        if (commands_ == limits::calls_per_intake) {
            if (const Status status = finish(); !status.ok()) {
                return status;
            }
        }
    }
    if (has_any) {
        due_.append(text_of(one.swarm.info_hash.bytes));
    }
    if (one.swarm.registered || !has_any) {
        add_registering(one.swarm);
    }
    if (is_cluster_) {
        add_call();
    }
    return commands_ >= limits::calls_per_intake ? finish() : Status{};
}

void Intake::add_call() {
    if (planned_ == 0) {
        return;
    }
    tools_.command.begin(3 + 2 * planned_).add("EVALSHA").add(announce_script.sha1);
    tools_.command.add(static_cast<std::int64_t>(planned_));
    for (std::size_t i = 0; i < planned_; ++i) {
        tools_.command.add(tools_.keyspace.swarm(names_[i]));
    }
    for (std::size_t i = 0; i < planned_; ++i) {
        tools_.command.add(plans_[i].request);
    }
    tools_.client.add(slot_of(tools_.keyspace.swarm(names_[0])), tools_.command.bytes());
    planned_ = 0;
    ++commands_;
}

/// Of a swarm with peers, these bring the snatches along.
void Intake::add_registering(const SwarmRecord& swarm) {
    const bool is_purging = terms_.rules.purge_empty;
    if (!swarm.registered && is_purging && swarm.counts.snatches == 0) {
        return;
    }
    const std::string_view key = tools_.keyspace.swarm(swarm.info_hash);
    tools_.command.begin(6).add("EVALSHA").add(register_script.sha1).add(1).add(key);
    tools_.command.add(std::int64_t{swarm.counts.snatches});
    tools_.command.add(swarm.registered ? "register" : is_purging ? "keep" : "create");
    tools_.client.add(slot_of(key), tools_.command.bytes());
    ++commands_;
}

void Intake::add_to_due_list() {
    constexpr std::size_t size = sizeof(InfoHash);
    const std::uint32_t due = due_after_taking_in(tools_.shared.latest());
    const std::string_view list = tools_.keyspace.due(due_list(due));
    tools_.command.begin(2 + due_.size() / size).add("RPUSH").add(list);
    for (std::string_view rest = due_; !rest.empty(); rest.remove_prefix(size)) {
        tools_.command.add(rest.substr(0, size));
    }
    tools_.client.add(slot_of(list), tools_.command.bytes());
    due_.clear();
}

/// Replies of announces are arrays, and a number is that of a swarm registered; but for the last
/// one's, where it is that of the list.
Status Intake::finish() {
    add_call();
    const std::size_t list = due_.empty() ? ~std::size_t{0} : commands_;
    if (!due_.empty()) {
        add_to_due_list();
    }
    if (std::exchange(commands_, 0) == 0 && list != 0) {
        return {};
    }
    return tools_.client.run([&](std::size_t index, const Reply& reply) {
        for (const Reply& item : reply.items()) {
            if (const auto answer = read_answer(item, {}, false)) {
                tools_.shared.changes.add(answer->totals);
            }
        }
        if (reply.items().empty() && index != list) {
            tools_.shared.changes.add({.swarms = reply.integer()});
        }
    });
}

}  // namespace chihaya::redis
