#include "tests/driver_switch/clients.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>

// What happens while swarms are on their way.
namespace chihaya::test {
namespace {

using std::chrono::seconds;
using Switched = Result<app::Switched>;

std::string params_of(const RedisServer& redis) {
    return R"({"url": "redis://)" + redis.address() + R"("})";
}

std::chrono::sys_seconds now() {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

/// A swarm that no client is in.
InfoHash quiet_swarm(std::uint32_t number) {
    return {{'q', static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 8U),
             static_cast<std::uint8_t>(number)}};
}

PeerRecord peer_at(std::uint32_t number, std::chrono::sys_seconds time) {
    PeerRecord peer;
    peer.ipv4.wire = {10,
                      static_cast<std::uint8_t>(number >> 16U),
                      static_cast<std::uint8_t>(number >> 8U),
                      static_cast<std::uint8_t>(number),
                      0x1a,
                      0xe1};
    peer.first_announce = peer.last_announce = time;
    return peer;
}

/// Quiet swarms of two peers each, so many that carrying them takes a while.
void inhabit(World& world, std::uint32_t count, std::chrono::sys_seconds time = now()) {
    std::vector<PeerRecord> peers;
    std::vector<SwarmInTransit> swarms;
    for (std::uint32_t i = 0; i < 2 * count; ++i) {
        peers.push_back(peer_at(i, time));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const SwarmRecord swarm{.info_hash = quiet_swarm(i), .counts = {.snatches = i % 3}};
        swarms.push_back({swarm, std::span(peers).subspan(std::size_t{2} * i, 2)});
    }
    REQUIRE(world.tracker().add_swarms(swarms).ok());
}

/// How many quiet swarms there are with their two peers; what is otherwise counts as none.
class QuietSwarms final : public SwarmSink {
public:
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override {
        count += swarm.info_hash.bytes[0] == 'q' && peers.size() == 2 ? 1U : 0U;
        return true;
    }
    std::size_t count = 0;
};

std::size_t quiet_swarms(World& world) {
    QuietSwarms all;
    REQUIRE(world.tracker().read_swarms(all).ok());
    return all.count;
}

/// Until some of it is there.
void wait_for_some(const RedisServer& redis, std::size_t keys) {
    while (std::stoul(redis.command({"DBSIZE"})) < keys) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/// A registry that has an account, an approved client and a token for each of these numbers.
class Numbered {
public:
    explicit Numbered(World& world) : roster_(world.roster()) {}

    void put(std::uint8_t number) {
        UserRecord user{.id = UserId{number}};
        user.passkey.text = {'k', static_cast<char>('a' + number / 16),
                             static_cast<char>('a' + number % 16)};
        REQUIRE(roster_.put_users({&user, 1}).ok());
        const ClientRecord client{.prefix = prefix(number)};
        REQUIRE(roster_.put_clients({&client, 1}).ok());
        const TokenRecord token = token_of(number);
        REQUIRE(roster_.put_tokens({&token, 1}).ok());
        copy.users.insert(number);
        copy.clients.insert(prefix(number).bytes);
        copy.tokens.insert(number);
    }

    void erase(std::uint8_t number) {
        const TokenRecord token = token_of(number);
        REQUIRE(roster_.erase_tokens({&token, 1}).ok());
        const PeerIdPrefix client = prefix(number);
        REQUIRE(roster_.erase_clients({&client, 1}).ok());
        const UserId user{number};
        REQUIRE(roster_.erase_users({&user, 1}).ok());
        copy.users.erase(number);
        copy.clients.erase(prefix(number).bytes);
        copy.tokens.erase(number);
    }

    RegistryCopy copy;  // as it must be

private:
    static PeerIdPrefix prefix(std::uint8_t number) {
        return {.bytes = {'-', 'Z', number}, .size = 3};
    }
    static TokenRecord token_of(std::uint8_t number) {
        return {.user = UserId{number}, .info_hash = quiet_swarm(number)};
    }

    logic::Roster& roster_;
};

bool is_over(const std::future<Switched>& change) {
    return change.wait_for(seconds(0)) == std::future_status::ready;
}

}  // namespace

TEST_SUITE_BEGIN("driver switch meanwhile");

TEST_CASE("what the registry erases and puts during the carrying is so in the new driver") {
    if (lacks_redis()) {
        return;
    }
    constexpr std::uint32_t count = 20'000;
    const RedisServer redis;
    World world;
    inhabit(world, count);
    Clients clients(world, false);
    clients.wait_for(200);
    for (const auto& [name, params] :
         {std::pair<std::string, std::string>{"redis", params_of(redis)}, {"memory", "{}"}}) {
        auto change = std::async(std::launch::async, [&] { return world.change_to(name, params); });
        std::set<std::uint32_t> erased;
        std::size_t put = 0;
        const std::size_t before = quiet_swarms(world);
        const auto known = world.roster().sizes().torrents;
        for (std::uint32_t i = name == "redis" ? 0 : 1; !is_over(change) && i < count; i += 50) {
            const TorrentErasure gone{.info_hash = quiet_swarm(i)};
            REQUIRE(world.roster().erase_torrents({&gone, 1}).ok());
            erased.insert(i);
            TorrentRecord torrent;
            torrent.id = TorrentId{i + 1};
            torrent.info_hash = {
                {'r', static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)}};
            REQUIRE(world.roster().put_torrents({&torrent, 1}).ok());
            ++put;
        }
        const Switched switched = change.get();
        REQUIRE_MESSAGE(switched.has_value(), switched.error().text);
        CHECK(erased.size() > 1);
        for (const std::uint32_t number : erased) {
            CAPTURE(number);
            CHECK(world.records(quiet_swarm(number)).empty());
        }
        CHECK(quiet_swarms(world) == before - erased.size());
        CHECK(world.roster().sizes().torrents == known + put);
    }
    clients.wait_for(200);
    clients.stop();
    CHECK(clients.failed() == 0);
    for (const auto& [number, swarm] : clients.swarms()) {
        CAPTURE(number);
        CHECK(world.read(swarm_of(number)) == swarm);
    }
}

TEST_CASE(
    "accounts, clients and tokens that come and go during the carrying do so in the new one") {
    if (lacks_redis()) {
        return;
    }
    constexpr std::uint8_t half = 100;
    const RedisServer redis;
    World world;
    inhabit(world, 20'000);
    Numbered numbered(world);
    for (std::uint8_t number = 0; number < half; ++number) {
        numbered.put(number);
    }
    auto change =
        std::async(std::launch::async, [&] { return world.change_to("redis", params_of(redis)); });
    std::uint8_t changed = 0;
    for (; !is_over(change) && changed < half; ++changed) {
        numbered.erase(changed);
        numbered.put(static_cast<std::uint8_t>(half + changed));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    const Switched switched = change.get();
    REQUIRE_MESSAGE(switched.has_value(), switched.error().text);
    CHECK(changed > 1);
    const RegistryCopy copy = world.shared_copy();
    CHECK(copy.users == numbered.copy.users);
    CHECK(copy.clients == numbered.copy.clients);
    CHECK(copy.tokens == numbered.copy.tokens);
}

TEST_CASE("a redis that dies in the middle costs nobody anything, and the operator is told why") {
    if (lacks_redis()) {
        return;
    }
    constexpr std::uint32_t count = 50'000;
    RedisServer redis;
    World world;
    inhabit(world, count);
    Clients clients(world, false);
    clients.wait_for(200);
    auto change =
        std::async(std::launch::async, [&] { return world.change_to("redis", params_of(redis)); });
    wait_for_some(redis, 2000);
    redis.kill();
    const Switched switched = change.get();
    REQUIRE(switched.has_error());
    const std::string& why = switched.error().text;
    CAPTURE(why);
    const auto reason = why.find("cannot change over to 'redis': ");
    REQUIRE(reason != std::string::npos);
    CHECK(why.find("redis", reason + 31) != std::string::npos);
    clients.wait_for(500);

    // And the next one takes over what this one did not.
    redis.start();
    const Switched again = world.change_to("redis", params_of(redis));
    REQUIRE_MESSAGE(again.has_value(), again.error().text);
    clients.wait_for(200);
    clients.stop();
    CHECK(clients.failed() == 0);
    CHECK(quiet_swarms(world) == count);
    for (const auto& [number, swarm] : clients.swarms()) {
        CAPTURE(number);
        CHECK(world.read(swarm_of(number)) == swarm);
    }
}

TEST_CASE("a peer whose lifetime is over on the way is not in the driver at its end") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    World world({.peer_lifetime = seconds(60), .history_lifetime = seconds(60)});
    // Drivers tell moments apart to some seconds.
    constexpr seconds left{2};
    constexpr seconds step{8};
    const auto announced = now() - seconds(60) + left;
    const PeerRecord silent = peer_at(1, announced);
    const PeerRecord fresh = peer_at(2, now());
    const std::vector<PeerRecord> both{silent, fresh};
    REQUIRE(world.tracker().add_peers({.info_hash = quiet_swarm(1)}, both).ok());
    CHECK(world.records(quiet_swarm(1)).size() == 2);
    const Switched there = world.change_to("redis", params_of(redis));
    REQUIRE_MESSAGE(there.has_value(), there.error().text);
    std::this_thread::sleep_until(announced + seconds(60) + step);
    const Switched back = world.change_to("memory");
    REQUIRE_MESSAGE(back.has_value(), back.error().text);
    const auto records = world.records(quiet_swarm(1));
    REQUIRE(records.size() == 1);
    CHECK(records[0].ipv4 == fresh.ipv4);
}

TEST_SUITE_END();

}  // namespace chihaya::test
