// One tracker takes the place of another; their swarms stay where they are, in Redis.

#include "tests/handover/load.hpp"
#include "tests/support/hand_over.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("hand-over with Redis");

namespace chihaya::test {

TEST_CASE("every request is answered while trackers on one Redis take each other's place") {
    if (lacks_redis()) {
        return;
    }
    const RedisServer redis;
    ChihayaOptions options;
    options.config = R"({"workers": 2, "interval_jitter": 0, "state_dir": "$DIR/state",
                         "tracker": {"driver": "redis", "params": {"url": "redis://)" +
                     redis.address() + R"("}}})";
    ChihayaProcess process(options);
    Load load(process.http_port(), process.udp_port());
    for (int i = 0; i < 3; ++i) {
        load.wait_for_answers(20);
        hand_over(process);
    }
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
    for (std::size_t client = 0; client < Load::clients; ++client) {
        const std::string numbers =
            http_get(process.http_port(), scrape_target(Load::swarm(client))).body;
        CAPTURE(numbers);
        CHECK(count(numbers, client % 2 == 0 ? "8:completei1e" : "10:incompletei1e") == 1);
    }
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
}

}  // namespace chihaya::test

TEST_SUITE_END();
