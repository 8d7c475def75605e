#include "plugins/redis/store.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("the hash slot of a key");

namespace chihaya::redis::test {

TEST_CASE("a key's slot is the one that Redis computes") {
    CHECK(slot_of("123456789") == 12739);
    CHECK(slot_of("") == 0);
    CHECK(slot_of("foo") == 12182);
}

TEST_CASE("only the first hash tag counts, and only where it is not empty") {
    CHECK(slot_of("{user1000}.following") == slot_of("user1000"));
    CHECK(slot_of("{user1000}.{followers}") == slot_of("user1000"));
    CHECK(slot_of("foo{}{bar}") == 8363);
    CHECK(slot_of("foo{{bar}}zap") == slot_of("{bar"));
    CHECK(slot_of("foo{bar") != slot_of("bar"));
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
