#pragma once

/// @file registry_node.hpp
/// One tracker's share of a registry, for tests.

#include "plugins/redis/registry_store.hpp"
#include "tests/redis/recorder.hpp"
#include "tests/redis/worker.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/redis_server.hpp"

#include <cstddef>
#include <string>

namespace chihaya::redis::test {

[[nodiscard]] inline std::string url_of(const chihaya::test::RedisServer& redis) {
    return R"({"url": "redis://)" + redis.address() + R"("})";
}

struct Node {
    explicit Node(const std::string& json) : store(log, parameters_of(json)) {}
    ~Node() { store.unfollow(); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void wait_for(const std::string& call) const {
        chihaya::test::wait_until(call, [&] { return sink.has(call); });
    }
    void wait_for_lapse(std::size_t count = 1) const {
        chihaya::test::wait_until("a lapse", [&] { return sink.lapses() >= count; });
    }

    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost log{clock};
    Recorder sink;
    RegistryStore store;
};

}  // namespace chihaya::redis::test
