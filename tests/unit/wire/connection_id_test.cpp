#include "core/wire/connection_id.hpp"

#include "core/wire/big_endian.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <set>
#include <string_view>

namespace chihaya::wire {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Lifetime = ConnectionIds::Lifetime;

constexpr ConnectionIds::Key sample_key{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Minute 28 333 333 of the epoch, 20 seconds into it.
constexpr std::chrono::sys_seconds sample_time{seconds(1'700'000'000)};
constexpr std::chrono::sys_seconds minute_start = sample_time - seconds(20);
constexpr std::uint32_t sample_minute = 28'333'333;

IpAddress address(std::string_view text) {
    return *IpAddress::parse(text);
}

/// What the seven bytes of the hash are taken from.
std::uint64_t code_of(const IpAddress& client) {
    std::array<std::uint8_t, 20> message{};
    store_big_endian(message.data(), sample_minute);
    std::ranges::copy(client.bytes, message.begin() + 4);
    return MessageCode({0x0706050403020100, 0x0f0e0d0c0b0a0908})(message);
}

/// Is an id issued at `then` good at `now`?
bool lasts(Lifetime lifetime, std::chrono::sys_seconds then, std::chrono::sys_seconds now) {
    const ConnectionIds ids(sample_key, lifetime);
    const IpAddress client = address("203.0.113.10");
    return ids.verify(ids.issue(client, then), client, now);
}

}  // namespace

TEST_SUITE_BEGIN("connection id");

TEST_CASE("an id is its minute's last byte and seven bytes of the code of minute and address") {
    CHECK(code_of(address("203.0.113.10")) == 0x2caf74e16e6710fa);
    CHECK(code_of(address("2001:db8::a")) == 0xf91603ed351b5565);
    const ConnectionIds ids(sample_key, Lifetime::grace);
    CHECK(ids.issue(address("203.0.113.10"), sample_time) == 0x15af74e16e6710fa);
    CHECK(ids.issue(address("2001:db8::a"), sample_time) == 0x151603ed351b5565);
}

TEST_CASE("an IPv4 client has one id whether its socket is of both families or not") {
    const ConnectionIds ids(sample_key, Lifetime::grace);
    const IpAddress mapped = IpAddress::from_ipv6(
        std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 10});
    const IpAddress plain = IpAddress::from_ipv4(std::array<std::uint8_t, 4>{203, 0, 113, 10});
    CHECK(ids.issue(mapped, sample_time) == ids.issue(plain, sample_time));
    CHECK(ids.verify(ids.issue(mapped, sample_time), plain, sample_time));
}

TEST_CASE("an id outlives its key by as long as it would have been good") {
    constexpr ConnectionIds::Key other{9};
    const IpAddress client = address("203.0.113.10");
    ChangingIds ids(sample_key, Lifetime::grace);
    const auto id = ids.issue(client, sample_time);
    ids.change(other, Lifetime::grace, sample_time + seconds(60));
    CHECK(ids.issue(client, sample_time) != id);
    CHECK(ids.verify(id, client, sample_time + seconds(60)));
    CHECK(ids.verify(id, client, sample_time + seconds(3600)));
    CHECK_FALSE(ids.verify(id, client, sample_time + seconds(67 * 60)));
    CHECK_FALSE(ids.verify(id ^ 1U, client, sample_time + seconds(60)));
    ids.change(other, Lifetime::strict, sample_time + seconds(120));
    CHECK_FALSE(ids.verify(id, client, sample_time + seconds(600)));
}

TEST_CASE("of the keys before, the last three count") {
    const IpAddress client = address("203.0.113.10");
    ChangingIds ids(sample_key, Lifetime::grace);
    const auto id = ids.issue(client, sample_time);
    for (std::uint8_t number = 1; number <= 3; ++number) {
        ids.change(ConnectionIds::Key{number}, Lifetime::grace, sample_time);
        CHECK(ids.verify(id, client, sample_time));
    }
    ids.change(ConnectionIds::Key{4}, Lifetime::grace, sample_time);
    CHECK_FALSE(ids.verify(id, client, sample_time));
}

TEST_CASE("a strict id is good for two minutes and until its minute ends at most") {
    CHECK(lasts(Lifetime::strict, sample_time, sample_time));
    CHECK(lasts(Lifetime::strict, sample_time, sample_time + seconds(120)));
    CHECK(lasts(Lifetime::strict, minute_start + seconds(59), minute_start + seconds(179)));
    CHECK(lasts(Lifetime::strict, minute_start, minute_start + seconds(179)));
    CHECK_FALSE(lasts(Lifetime::strict, minute_start, minute_start + seconds(180)));
    CHECK_FALSE(lasts(Lifetime::strict, minute_start + seconds(59), minute_start + seconds(180)));
    CHECK_FALSE(lasts(Lifetime::strict, minute_start, minute_start + minutes(66)));
}

TEST_CASE("an id with grace is good for sixty-five minutes and until its minute ends at most") {
    CHECK(lasts(Lifetime::grace, sample_time, sample_time + seconds(120)));
    CHECK(lasts(Lifetime::grace, sample_time, sample_time + minutes(65)));
    CHECK(lasts(Lifetime::grace, minute_start, minute_start + minutes(66) - seconds(1)));
    CHECK_FALSE(lasts(Lifetime::grace, minute_start, minute_start + minutes(66)));
    CHECK_FALSE(lasts(Lifetime::grace, minute_start, minute_start + minutes(67)));
}

TEST_CASE("an id of the coming minute is good and one of the minute after it is not") {
    for (const Lifetime lifetime : {Lifetime::strict, Lifetime::grace}) {
        CHECK(lasts(lifetime, minute_start + seconds(60), minute_start));
        CHECK(lasts(lifetime, minute_start + seconds(119), minute_start));
        CHECK_FALSE(lasts(lifetime, minute_start + seconds(120), minute_start));
        CHECK_FALSE(lasts(lifetime, minute_start + seconds(120), minute_start + seconds(59)));
        CHECK_FALSE(lasts(lifetime, minute_start + minutes(191), minute_start));
    }
}

TEST_CASE("an id is not good again when the byte of its minute has come round") {
    for (const Lifetime lifetime : {Lifetime::strict, Lifetime::grace}) {
        for (const int rounds : {1, 2, 256, 65'536}) {
            CAPTURE(rounds);
            CHECK_FALSE(lasts(lifetime, sample_time, sample_time + minutes(256 * rounds)));
            CHECK_FALSE(lasts(lifetime, sample_time + minutes(256 * rounds), sample_time));
        }
    }
}

TEST_CASE("every minute's id is good in its own whatever the last byte is") {
    for (int minute = 0; minute < 600; ++minute) {
        CAPTURE(minute);
        const auto then = sample_time + minutes(minute);
        CHECK(lasts(Lifetime::strict, then, then + minutes(2)));
        CHECK(lasts(Lifetime::grace, then, then + minutes(65)));
        CHECK_FALSE(lasts(Lifetime::strict, then, then + minutes(3)));
        CHECK_FALSE(lasts(Lifetime::grace, then, then + minutes(66)));
    }
}

TEST_CASE("an id is good for no other address and no other key") {
    const ConnectionIds ids(sample_key, Lifetime::grace);
    ConnectionIds::Key other_key = sample_key;
    other_key[15] ^= 1;
    const ConnectionIds others(other_key, Lifetime::grace);
    const auto id = ids.issue(address("203.0.113.10"), sample_time);
    CHECK_FALSE(ids.verify(id, address("203.0.113.11"), sample_time));
    CHECK_FALSE(ids.verify(id, address("::203.0.113.10"), sample_time));
    CHECK_FALSE(others.verify(id, address("203.0.113.10"), sample_time));
    CHECK(ConnectionIds(sample_key, Lifetime::strict)
              .verify(id, address("203.0.113.10"), sample_time));
}

TEST_CASE("an id with any other bit is not good") {
    const ConnectionIds ids(sample_key, Lifetime::grace);
    const IpAddress client = address("2001:db8::a");
    const auto id = ids.issue(client, sample_time);
    for (unsigned bit = 0; bit < 64; ++bit) {
        CAPTURE(bit);
        CHECK_FALSE(ids.verify(id ^ (std::uint64_t{1} << bit), client, sample_time));
    }
}

TEST_CASE("the reserved numbers are never good") {
    std::random_device device;
    const auto seed = device();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 10'000; ++i) {
        ConnectionIds::Key key{};
        std::ranges::generate(key, [&] { return static_cast<std::uint8_t>(random()); });
        const ConnectionIds ids(key, Lifetime::grace);
        const IpAddress client = address("203.0.113.10");
        const auto now = sample_time + minutes(i);
        CHECK_FALSE(ids.verify(0, client, now));
        CHECK_FALSE(ids.verify(udp_protocol_id, client, now));
        CHECK_FALSE(ids.verify(~std::uint64_t{0}, client, now));
        CHECK(ids.verify(ids.issue(client, now), client, now));
    }
}

TEST_CASE("ids of neighbours have nothing in common but their minute") {
    const ConnectionIds ids(sample_key, Lifetime::grace);
    std::set<std::uint64_t> seen;
    for (unsigned i = 0; i < 10'000; ++i) {
        const std::array<std::uint8_t, 4> octets{10, 0, static_cast<std::uint8_t>(i / 256),
                                                 static_cast<std::uint8_t>(i % 256)};
        const auto id = ids.issue(IpAddress::from_ipv4(octets), sample_time);
        CHECK((id >> 56U) == (sample_minute & 0xffU));
        seen.insert(id);
    }
    CHECK(seen.size() == 10'000);
}

TEST_SUITE_END();

}  // namespace chihaya::wire
