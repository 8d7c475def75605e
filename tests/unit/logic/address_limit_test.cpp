#include "core/logic/address_limit.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("address limit");

namespace chihaya::logic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time start{seconds(1'700'000'000)};
constexpr Rate off{};

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

IpAddress ipv4(std::uint32_t number) {
    return IpAddress::from_ipv4(std::array{
        static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
        static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
}

/// How many of `asked` are admitted at one moment.
std::uint32_t admitted(AddressLimit& limit, const IpAddress& from, Time now, std::uint32_t asked) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < asked; ++i) {
        count += limit.admits(from, now) ? 1U : 0U;
    }
    return count;
}

}  // namespace

TEST_CASE("an address has its burst at once and then its rate") {
    AddressLimit limit({.address = {10, 50}, .prefix = off}, 1);
    const IpAddress from = ip("198.51.100.7");
    CHECK(admitted(limit, from, start, 1000) == 50);
    CHECK(admitted(limit, from, start + milliseconds(99), 1000) == 0);
    CHECK(admitted(limit, from, start + milliseconds(100), 1000) == 1);
    CHECK(admitted(limit, from, start + seconds(1), 1000) == 9);
    CHECK(admitted(limit, from, start + seconds(3600), 1000) == 50);
}

TEST_CASE("whatever is asked when, no span of time brings more than its burst and its rate") {
    const std::uint32_t seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    AddressLimit limit({.address = {20, 30}, .prefix = off}, 1);
    const IpAddress from = ip("2001:db8::1");
    std::vector<std::int64_t> taken;
    std::int64_t now = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += static_cast<std::int64_t>(random() % 40);
        if (limit.admits(from, start + milliseconds(now))) {
            taken.push_back(now);
        }
    }
    // From any admitted request on: the n-th after it is at least (n - burst) / rate later.
    for (std::size_t from_one = 0; from_one < taken.size(); from_one += 7) {
        for (std::size_t to = from_one + 30; to < taken.size() && to < from_one + 300; ++to) {
            const auto beyond = static_cast<std::int64_t>(to - from_one + 1 - 30);
            REQUIRE(taken[to] - taken[from_one] >= beyond * 50 - 1);
        }
    }
    // And nobody was refused what was his: asked 50 times a second, he had 20.
    CHECK(taken.size() >= static_cast<std::size_t>(now) / 50);
}

TEST_CASE("a burst below one second's rate is one second's rate") {
    AddressLimit limit({.address = {10, 1}, .prefix = off}, 1);
    CHECK(admitted(limit, ip("198.51.100.7"), start, 100) == 10);
}

TEST_CASE("without a rate nobody is limited") {
    AddressLimit nobody;
    CHECK(admitted(nobody, ip("198.51.100.7"), start, 100'000) == 100'000);
    AddressLimit neither({}, 4);
    CHECK(admitted(neither, ip("198.51.100.7"), start, 100'000) == 100'000);
}

TEST_CASE("a worker of four grants a quarter of the rate and the whole burst") {
    AddressLimit limit({.address = {40, 60}, .prefix = off}, 4);
    const IpAddress from = ip("198.51.100.7");
    CHECK(admitted(limit, from, start, 1000) == 60);
    CHECK(admitted(limit, from, start + seconds(1), 1000) == 10);
}

TEST_CASE("addresses of a network share its limit, IPv4 by 24 bits and IPv6 by 48") {
    AddressLimit limit({.address = off, .prefix = {10, 50}}, 1);
    CHECK(admitted(limit, ip("198.51.100.1"), start, 40) == 40);
    CHECK(admitted(limit, ip("198.51.100.255"), start, 40) == 10);
    CHECK(admitted(limit, ip("198.51.101.1"), start, 40) == 40);
    CHECK(admitted(limit, ip("2001:db8:1:1::1"), start, 40) == 40);
    CHECK(admitted(limit, ip("2001:db8:1:ffff::1"), start, 40) == 10);
    CHECK(admitted(limit, ip("2001:db8:2:1::1"), start, 40) == 40);
}

TEST_CASE("an IPv6 address is its first 64 bits") {
    AddressLimit limit({.address = {10, 50}, .prefix = off}, 1);
    CHECK(admitted(limit, ip("2001:db8:1:1::1"), start, 50) == 50);
    CHECK(admitted(limit, ip("2001:db8:1:1:ffff::2"), start, 50) == 0);
    CHECK(admitted(limit, ip("2001:db8:1:2::1"), start, 50) == 50);
}

TEST_CASE("what an address is refused is not taken from its network") {
    AddressLimit limit({.address = {10, 20}, .prefix = {10, 50}}, 1);
    CHECK(admitted(limit, ip("198.51.100.1"), start, 10'000) == 20);
    CHECK(admitted(limit, ip("198.51.100.2"), start, 10'000) == 20);
    CHECK(admitted(limit, ip("198.51.100.3"), start, 10'000) == 10);
}

TEST_CASE("who is exempt is never refused and leaves its network half of its tokens") {
    const std::array exempt{IpNetwork::parse("198.51.100.0/28").value()};
    AddressLimit limit({.address = {10, 30}, .prefix = {10, 100}}, 1);
    const auto ask_as_exempt = [&](Time now) {
        for (std::uint32_t i = 0; i < 1'000; ++i) {
            REQUIRE(limit.admits(ipv4(0xc633'6400U + i % 16), now, exempt));
        }
    };
    ask_as_exempt(start);
    CHECK(admitted(limit, ip("198.51.100.200"), start, 1'000) == 30);
    CHECK(admitted(limit, ip("198.51.100.201"), start, 1'000) == 20);
    // What comes back while the exempt ones ask on is their neighbours'.
    ask_as_exempt(start + seconds(3));
    CHECK(admitted(limit, ip("198.51.100.202"), start + seconds(3), 1'000) == 30);
}

TEST_CASE("a flood from a million addresses refuses nobody else") {
    AddressLimit limit({.address = {10, 20}, .prefix = {1'000, 2'000}}, 1);
    const IpAddress honest = ip("203.0.113.9");
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
        static_cast<void>(limit.admits(ipv4(0x0a00'0000U + i * 7919U % 0xff'ffffU), start));
        if (i % 50'000 == 0) {
            REQUIRE(limit.admits(honest, start));
        }
    }
}

TEST_CASE("one flooder is held while thousands of others come and go") {
    AddressLimit limit({.address = {10, 20}, .prefix = off}, 1);
    const IpAddress flooder = ip("198.51.100.1");
    CHECK(admitted(limit, flooder, start, 100) == 20);
    std::uint32_t more = 0;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        // Each of the others asks once: 100 000 in ten seconds, and the flooder as often.
        const Time now = start + milliseconds(i / 10);
        REQUIRE(limit.admits(ipv4(0x0b00'0000U + i), now));
        more += limit.admits(flooder, now) ? 1U : 0U;
    }
    CHECK(more <= 101);
}

}  // namespace chihaya::logic
