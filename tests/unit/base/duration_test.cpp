#include "core/base/duration.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <utility>

TEST_SUITE_BEGIN("duration");

namespace {

using namespace std::chrono_literals;
using chihaya::duration_text;
using chihaya::parse_duration;
using std::chrono::milliseconds;

TEST_CASE("a duration is read as Go reads it") {
    const std::array<std::pair<const char*, milliseconds>, 24> cases{{
        {"0", 0ms},
        {"-0", 0ms},
        {"+0", 0ms},
        {"0s", 0ms},
        {"5s", 5s},
        {"+5s", 5s},
        {"-5s", -5s},
        {"30m", 30min},
        {"1h30m", 90min},
        {"500ms", 500ms},
        {"1.5h", 90min},
        {".5s", 500ms},
        {"1.s", 1s},
        {"-1.5h", -90min},
        {"1h15m30.918s", 4'530'918ms},
        {"10ms", 10ms},
        {"0.3s", 300ms},
        {"1500us", 1ms},
        {"1500\xc2\xb5s", 1ms},
        {"1500\xce\xbcs", 1ms},
        {"999999ns", 0ms},
        {"1000000ns", 1ms},
        {"1m1m", 2min},
        {"0.29s", 290ms},
    }};
    for (const auto& [given, expected] : cases) {
        const std::string text = given;
        CAPTURE(text);
        const auto read = parse_duration(text);
        REQUIRE(read.has_value());
        CHECK(*read == expected);
    }
}

TEST_CASE("what Go refuses is refused, and what was found is named") {
    for (const std::string text :
         {"",       "3",      "-",    "s",        ".",
          "-.",     ".s",     "+.s",  "1d",       "30 m",
          " 30m",   "30m ",   "1e3s", "0x1s",     "--5s",
          "1h-30m", "1h+30m", "inf",  "infs",     "nans",
          "30M",    "m30",    "30m5", "9999999h", "99999999999999999999999999999h"}) {
        CAPTURE(text);
        const auto read = parse_duration(text);
        REQUIRE(read.has_error());
        CHECK(read.error().text ==
              '"' + text +
                  "\" is no duration; accepted are Go's, such as \"30m\", \"1h30m\" or \"500ms\"");
    }
}

TEST_CASE("a refusal shows hostile text escaped and cut") {
    const auto read = parse_duration("\x1b[31m" + std::string(1'000, 'x'));
    REQUIRE(read.has_error());
    CHECK(read.error().text.starts_with("\"\\x1b[31mxxx"));
    CHECK(read.error().text.size() < 150);
}

TEST_CASE("a duration is written in the shortest way, and read back the same") {
    const std::array<std::pair<milliseconds, const char*>, 10> cases{{
        {0ms, "0s"},
        {1ms, "1ms"},
        {999ms, "999ms"},
        {1s, "1s"},
        {90s, "1m30s"},
        {30min, "30m"},
        {24h, "24h"},
        {1h + 1ms, "1h1ms"},
        {-90min, "-1h30m"},
        {1h + 2min + 3s + 4ms, "1h2m3s4ms"},
    }};
    for (const auto& [duration, expected] : cases) {
        CHECK(duration_text(duration) == expected);
        CHECK(*parse_duration(expected) == duration);
    }
    CHECK(duration_text(milliseconds::min()) == "-2562047788015h12m55s808ms");
}

}  // namespace
