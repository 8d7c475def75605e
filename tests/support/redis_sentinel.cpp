#include "tests/support/redis_sentinel.hpp"

#include <algorithm>
#include <stdexcept>

namespace chihaya::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Its reply, or nothing: Sentinel ends all connections to a server whose part it changes.
std::string reply_of(const RedisServer& server, const std::vector<std::string>& words) {
    try {
        return server.command(words);
    } catch (const std::runtime_error&) {
        return {};
    }
}

bool follows(const RedisServer& replica, const RedisServer& master) {
    const std::string about = reply_of(replica, {"INFO", "replication"});
    const std::string here = "port=" + std::to_string(replica.port()) + ",state=online";
    return contains(about, "master_port:" + std::to_string(master.port()) + "\r") &&
           contains(about, "master_link_status:up") &&
           contains(reply_of(master, {"INFO", "replication"}), here);
}

}  // namespace

RedisSentinel::RedisSentinel(std::size_t replicas, const RedisOptions& options) {
    start_servers(replicas, options);
    for (std::size_t i = 0; i < sentinel_count; ++i) {
        start_sentinel(options);
    }
    wait_until_settled();
}

void RedisSentinel::wait_until_settled() {
    wait_until("the Sentinels know each other and the replicas", [&] {
        const RedisServer* const now = agreed_master();
        return now != nullptr &&
               std::ranges::all_of(
                   sentinels_,
                   [&](const auto& each) { return !each->running() || is_content(*each); }) &&
               std::ranges::all_of(servers_, [&](const auto& each) {
                   return each.get() == now || !each->running() || follows(*each, *now);
               });
    });
}

bool RedisSentinel::is_content(const RedisServer& sentinel) const {
    const std::string about = sentinel.command({"SENTINEL", "MASTER", master_name});
    return contains(about, "num-other-sentinels\n" + std::to_string(sentinel_count - 1)) &&
           contains(about, "num-slaves\n" + std::to_string(servers_.size() - 1)) &&
           contains(about, "flags\nmaster\n");
}

void RedisSentinel::start_servers(std::size_t replicas, const RedisOptions& options) {
    for (std::size_t i = 0; i <= replicas; ++i) {
        RedisOptions own = options;
        own.arguments.insert(own.arguments.end(), {"--repl-diskless-sync-delay", "0"});
        if (!options.password.empty()) {
            own.arguments.insert(own.arguments.end(), {"--masterauth", options.password});
        }
        if (i > 0) {
            own.arguments.insert(own.arguments.end(),
                                 {"--replicaof", "127.0.0.1 " + std::to_string(server(0).port())});
        }
        servers_.push_back(std::make_unique<RedisServer>(own));
    }
}

void RedisSentinel::start_sentinel(const RedisOptions& options) {
    sentinels_.push_back(std::make_unique<RedisServer>(RedisOptions{.is_sentinel = true}));
    const RedisServer& sentinel = *sentinels_.back();
    // Found out and told sooner than in two and ten seconds. A promotion is seen after a second at
    // most, and undone by the others if it takes longer than four times the period of publishing;
    // the period of pings stays, as a replica is no candidate when not heard of for five of them.
    sentinel.command(
        {"SENTINEL", "DEBUG", "PUBLISH-PERIOD", "500", "INFO-PERIOD", "100", "ASK-PERIOD", "100"});
    sentinel.command(
        {"SENTINEL", "MONITOR", master_name, "127.0.0.1", std::to_string(server(0).port()), "2"});
    // The last one is slower to notice: three who stand for election at the same moment would each
    // vote for themselves, and try again after many seconds.
    const char* const down_after = sentinels_.size() < sentinel_count ? "1000" : "3000";
    std::vector<std::string> words{
        "SENTINEL",         "SET", master_name, "down-after-milliseconds", down_after,
        "failover-timeout", "3000"};
    if (!options.password.empty()) {
        words.insert(words.end(), {"auth-pass", options.password});
    }
    sentinel.command(words);
}

RedisServer* RedisSentinel::agreed_master() {
    RedisServer* agreed = nullptr;
    for (const auto& sentinel : sentinels_) {
        if (!sentinel->running()) {
            continue;
        }
        const std::string told =
            sentinel->command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name});
        const auto found = std::ranges::find_if(servers_, [&](const auto& each) {
            return told == "127.0.0.1\n" + std::to_string(each->port());
        });
        if (found == servers_.end() || (agreed != nullptr && agreed != found->get())) {
            return nullptr;
        }
        agreed = found->get();
    }
    return agreed;
}

RedisServer& RedisSentinel::master() {
    RedisServer* found = nullptr;
    wait_until("the Sentinels agree on a master",
               [&] { return (found = agreed_master()) != nullptr; });
    return *found;
}

void RedisSentinel::fail_over() {
    const RedisServer& before = master();
    // Refused for a while after the one before.
    wait_until("Sentinel begins a fail-over", [&] {
        return sentinel(0).ask({"SENTINEL", "FAILOVER", master_name}) == "OK";
    });
    wait_for_other_master(before);
    wait_until_settled();
}

void RedisSentinel::wait_for_other_master(const RedisServer& before) {
    wait_until("Sentinel names another master", [&] {
        const RedisServer* const now = agreed_master();
        return now != nullptr && now != &before && reply_of(*now, {"ROLE"}).starts_with("master\n");
    });
}

}  // namespace chihaya::test
