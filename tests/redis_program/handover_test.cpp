// One tracker takes the place of another; their swarms stay where they are, in Redis.

#include "tests/handover/load.hpp"
#include "tests/support/chihaya_process.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <string>

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
    hand_over_under_load(process, 3);
}

}  // namespace chihaya::test

TEST_SUITE_END();
