// Sentinel and Cluster, where somebody else takes over, under announces.

#include "plugins/redis/keyspace.hpp"
#include "tests/redis_program/steady.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("Redis fails over");

namespace chihaya::test {
namespace {

constexpr std::uint32_t known_before = 50;
constexpr std::uint32_t swarm_count = 24;

std::vector<std::string> some_swarms() {
    std::vector<std::string> swarms;
    for (std::uint32_t i = 0; i < swarm_count; ++i) {
        swarms.push_back(numbered_hash(i));
    }
    return swarms;
}

std::string key_of(const std::string& info_hash) {
    InfoHash hash;
    std::ranges::copy(info_hash, hash.bytes.begin());
    return std::string(redis::Keyspace("chihaya:").swarm(hash));
}

std::string kept(std::int64_t after, std::uint32_t before = known_before) {
    return "peers known before " + std::to_string(before) + ", after " + std::to_string(after);
}

void check(const Sum& sum) {
    CHECK(sum.answered > 0);
    CHECK(sum.silent == 0);
    CHECK(sum.strange == 0);
    CHECK(sum.longest < longest_wait);
}

/// The number behind `name` in what a server says of its replication.
std::uint64_t replication(const RedisServer& server, const std::string& name) {
    const std::string info = server.command({"INFO", "replication"});
    const auto at = info.find(name);
    return at == std::string::npos ? 0 : std::stoull(info.substr(at + name.size()));
}

/// Waits until a replica has what its master has now.
void wait_for_replica(const RedisServer& master) {
    const std::uint64_t offset = replication(master, "master_repl_offset:");
    wait_until("a replica has it all", [&] { return replication(master, ",offset=") >= offset; });
}

}  // namespace

TEST_CASE("a master that Sentinel replaces: clients are refused until then, and peers stay known") {
    if (lacks_redis()) {
        return;
    }
    RedisSentinel redis;
    redis.wait_until_settled();
    const Node node(params_of(redis));
    node.fill(hash_a, known_before);
    Steady clients(node);
    RedisServer& old = redis.master();
    wait_for_replica(old);
    old.kill();
    clients.wait_for(Outcome::refused);
    redis.wait_for_other_master(old);
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, 100);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(node.scraped(hash_a).complete == known_before);
    MESSAGE(line_of("Sentinel: master killed, replica promoted", sum,
                    kept(node.scraped(hash_a).complete)));
}

TEST_CASE("a slot of a Cluster that moves under load fails nobody") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3);
    const Node node(params_of(cluster));
    const auto swarms = some_swarms();
    node.fill(swarms[0], known_before);
    Steady clients(node, swarms);
    const std::uint16_t slot = cluster.slot_of(key_of(swarms[0]));
    const std::size_t to = (cluster.owner_of(slot) + 1) % cluster.size();
    cluster.begin_migration(slot, to);
    clients.wait_for_more(Outcome::answered, swarm_count);
    cluster.move_keys(slot, to);
    clients.wait_for_more(Outcome::answered, swarm_count);
    cluster.end_migration(slot, to);
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, swarm_count);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(sum.refused == 0);
    CHECK(cluster.node(to).command({"EXISTS", key_of(swarms[0])}) == "1");
    CHECK(node.scraped(swarms[0]).complete == known_before);
    MESSAGE(line_of("Cluster: a slot moved to another node", sum,
                    kept(node.scraped(swarms[0]).complete)));
}

TEST_CASE("a master of a Cluster whose replica takes over: its slots are refused until then") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3, 3);
    const Node node(params_of(cluster));
    const auto swarms = some_swarms();
    node.fill(swarms[0], known_before);
    Steady clients(node, swarms);
    const std::uint16_t slot = cluster.slot_of(key_of(swarms[0]));
    const std::size_t master = cluster.owner_of(slot);
    wait_for_replica(cluster.node(master));
    cluster.node(master).kill();
    clients.wait_for(Outcome::refused);
    wait_until("a replica has taken over", [&] {
        try {
            return cluster.owner_of(slot) != master;
        } catch (const std::runtime_error&) {
            return false;
        }
    });
    cluster.wait_until_ok();
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, std::size_t{4} * swarm_count);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    CHECK(node.scraped(swarms[0]).complete == known_before);
    MESSAGE(line_of("Cluster: master killed, its replica takes over", sum,
                    kept(node.scraped(swarms[0]).complete)));
}

TEST_CASE("a master of a Cluster that nobody replaces: its slots fail at once, the others do not") {
    if (lacks_redis()) {
        return;
    }
    RedisCluster cluster(3, 0, {.arguments = {"--cluster-require-full-coverage", "no"}});
    const Node node(params_of(cluster));
    const auto swarms = some_swarms();
    node.wait_until_it_serves();
    Steady clients(node, swarms);
    // Of those on the node that does not have the registry and the secret.
    const std::size_t victim = cluster.owner_of(cluster.slot_of(key_of(swarms[0])));
    std::vector<bool> is_dead;
    for (const std::string& swarm : swarms) {
        is_dead.push_back(cluster.owner_of(cluster.slot_of(key_of(swarm))) == victim);
    }
    REQUIRE(std::ranges::count(is_dead, false) > 0);
    node.fill(swarms[0], known_before);
    cluster.node(victim).kill();
    clients.wait_for(Outcome::refused, 50);
    clients.wait_for_more(Outcome::refused, 50);
    const auto during = clients.seen();
    for (std::size_t i = 0; i < swarms.size(); ++i) {
        CAPTURE(i);
        const Sum sum = sum_of(about(during, i), Seen::Clock::now());
        CHECK((sum.refused > 0) == is_dead[i]);
    }
    cluster.node(victim).start();
    cluster.wait_until_ok();
    const auto back = Seen::Clock::now();
    clients.wait_for_more(Outcome::answered, std::size_t{4} * swarm_count);
    clients.stop();
    const Sum sum = sum_of(clients.seen(), back);
    check(sum);
    MESSAGE(line_of("Cluster: master killed that has no replica", sum,
                    kept(node.scraped(swarms[0]).complete)));
}

}  // namespace chihaya::test

TEST_SUITE_END();
