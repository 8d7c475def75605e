#include "core/wire/failure_reply.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace chihaya::wire {
namespace {

std::string written(const FailureAnswer& answer) {
    std::array<char, 256> room{};
    ByteWriter out(room);
    write_failure(out, answer);
    return out.overflow() ? "" : std::string(out.view());
}

}  // namespace

TEST_SUITE_BEGIN("failure reply");

TEST_CASE("a failure is its reason and the times that are known") {
    CHECK(written({.reason = "invalid info_hash"}) == "d14:failure reason17:invalid info_hashe");
    CHECK(written({.reason = "unregistered torrent", .interval = 1800, .min_interval = 1800}) ==
          "d14:failure reason20:unregistered torrent8:intervali1800e12:min intervali1800ee");
    CHECK(written({.reason = "overloaded", .interval = 900, .min_interval = 900, .retry_in = 15}) ==
          "d14:failure reason10:overloaded8:intervali900e12:min intervali900e8:retry ini15ee");
    CHECK(written({.reason = "full scrape disabled"}) ==
          "d14:failure reason20:full scrape disablede");
}

TEST_SUITE_END();

}  // namespace chihaya::wire
