#include "core/logic/roster.hpp"

#include "plugins/redis/registry_store.hpp"
#include "tests/redis/registry_records.hpp"
#include "tests/redis/worker.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

TEST_SUITE_BEGIN("rosters that share a registry");

namespace chihaya::redis::test {
namespace {

using chihaya::logic::Roster;
using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using chihaya::test::lacks_redis;
using chihaya::test::RedisServer;
using chihaya::test::wait_until;

/// A driver that has a registry and no swarms.
class RegistryDriver final : public TrackerDriver {
public:
    RegistryDriver(Host& log, const Parameters& parameters) : store_(log, parameters) {}

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return store_.put_users(users);
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return store_.put_torrents(torrents);
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return store_.put_clients(clients);
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return store_.put_tokens(tokens);
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return store_.erase_users(users);
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return store_.erase_torrents(torrents);
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return store_.erase_clients(clients);
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return store_.erase_tokens(tokens);
    }
    Status load(RegistrySink& sink) noexcept override { return store_.load(sink); }
    Status follow(RegistrySink& sink) noexcept override { return store_.follow(sink); }
    void unfollow() noexcept override { store_.unfollow(); }

    TrackerSession* open_session(Host& /*worker*/) noexcept override { return nullptr; }
    Status read_some(std::span<const InfoHash> /*names*/, SwarmSink& /*sink*/) noexcept override {
        return {};
    }
    Status read_swarms(SwarmSink& /*sink*/) noexcept override { return {}; }
    Status add_swarms(std::span<const SwarmInTransit> /*swarms*/) noexcept override { return {}; }
    Status reconfigure(const TrackerSetup& /*setup*/) noexcept override { return {}; }
    Status health() noexcept override { return {}; }
    void report(MetricSink& /*sink*/) noexcept override {}
    void release() noexcept override {}
    bool has_current_histories() noexcept override { return true; }

private:
    RegistryStore store_;
};

/// One tracker, as the host runs it: a thread of its own loads when changes may have been missed.
class Tracker {
public:
    explicit Tracker(const RedisServer& redis)
        : driver_(log_, parameters_of(R"({"url": "redis://)" + redis.address() +
                                      R"(", "timeout": "300ms"})")) {
        roster.on_lapsed([this] { wants_load_ = true; });
        CHECK(driver_.follow(roster.replica()).ok());
        static_cast<void>(roster.load());
        control_ = std::thread([this] {
            while (!stop_) {
                if (wants_load_.exchange(false)) {
                    static_cast<void>(roster.load());
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
    }
    ~Tracker() {
        stop_ = true;
        control_.join();
        driver_.unfollow();
    }
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;

private:
    FakeClock clock_;
    FakeHost log_{clock_};
    RegistryDriver driver_;

public:
    Roster roster{driver_};

private:
    std::atomic<bool> wants_load_{false};
    std::atomic<bool> stop_{false};
    std::thread control_;
};

template <class Call>
void until_done(Call call) {
    wait_until("redis takes it", [&] { return call().ok(); });
}

}  // namespace

TEST_CASE("whoever puts last is right everywhere, however the puts cross") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    Tracker here(redis);
    Tracker there(redis);
    constexpr int rounds = 300;
    const auto put_all = [](Tracker& tracker, const std::string& name) {
        for (int i = 0; i < rounds; ++i) {
            const auto record = user(1, name + std::to_string(i));
            CHECK(tracker.roster.put_users(one(record)).ok());
        }
    };
    std::thread other([&] { put_all(there, "there"); });
    put_all(here, "here");
    other.join();
    CHECK(here.roster.put_torrents(one(torrent)).ok());
    CHECK(there.roster.put_clients(one(client)).ok());
    wait_until("all has been passed on", [&] {
        return there.roster.torrent(torrent.info_hash) && here.roster.has_client(client.prefix);
    });
    const std::string last_here = "here" + std::to_string(rounds - 1);
    const std::string last_there = "there" + std::to_string(rounds - 1);
    CHECK(here.roster.sizes().users == 1);
    CHECK(there.roster.sizes().users == 1);
    CHECK(here.roster.user(last_here).has_value() == there.roster.user(last_here).has_value());
    CHECK(here.roster.user(last_here).has_value() != here.roster.user(last_there).has_value());
    CHECK(there.roster.user(last_here).has_value() != there.roster.user(last_there).has_value());
}

TEST_CASE("what was erased while a tracker was away is gone there too when it is back") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
    Tracker here(redis);
    Tracker there(redis);
    CHECK(here.roster.put_users(two_users).ok());
    wait_until("both know both", [&] { return there.roster.sizes().users == 2; });
    redis.restart();
    until_done([&] { return here.roster.erase_users(one(UserId{7})); });
    redis.command({"XTRIM", "chihaya:{registry}:feed", "MAXLEN", "0"});
    redis.restart();
    until_done([&] { return here.roster.put_torrents(one(torrent)); });
    wait_until("they agree", [&] {
        return there.roster.sizes().users == 1 && there.roster.torrent(torrent.info_hash);
    });
    CHECK(there.roster.user("eight"));
    CHECK_FALSE(there.roster.user("seven"));
}

TEST_CASE("a Redis that has lost everything locks nobody out") {
    if (lacks_redis()) {
        return;
    }
    RedisServer redis;
    Tracker here(redis);
    Tracker there(redis);
    CHECK(here.roster.put_users(two_users).ok());
    wait_until("both know both", [&] { return there.roster.sizes().users == 2; });
    redis.restart();
    until_done([&] { return here.roster.put_users(one(user(9, "nine"))); });
    wait_until("the other knows the third", [&] { return there.roster.sizes().users == 3; });
    CHECK(there.roster.user("nine"));
    CHECK(there.roster.user("seven"));
    CHECK(here.roster.sizes().users == 3);
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
