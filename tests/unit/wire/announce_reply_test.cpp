#include "core/wire/announce_reply.hpp"

#include "core/base/limits.hpp"
#include "tests/support/bencode.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::uint8_t, 12> two_ipv4{203, 0,  113, 10, 0x1a, 0xe1,
                                                198, 51, 100, 20, 0xc8, 0xd5};
constexpr std::array<std::uint8_t, 36> two_ipv6{
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0x1a, 0xe1,
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xc8, 0xd5};
constexpr auto peers_text = "\xcb\x00q\x0a\x1a\xe1\xc6\x33\x64\x14\xc8\xd5"sv;
constexpr auto peers6_text =
    " \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x1a\xe1"
    " \x01\x0d\xb8\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x14\xc8\xd5"sv;

/// An answer with the numbers of the examples: one seeder, two leechers, five snatches.
AnnounceAnswer sample() {
    AnnounceAnswer answer;
    answer.counts = {.seeders = 1, .leechers = 2, .partial_seeds = 0, .snatches = 5};
    answer.interval = 1800;
    answer.min_interval = 900;
    return answer;
}

std::string written(const AnnounceAnswer& answer, bool compact = true) {
    std::vector<char> room(limits::reply_max);
    ByteWriter out(room);
    (compact ? write_announce : write_announce_dictionary)(out, answer);
    REQUIRE_FALSE(out.overflow());
    REQUIRE(test::bencode::parse(out.view()).has_value());
    return std::string(out.view());
}

std::string join(std::initializer_list<std::string_view> parts) {
    std::string whole;
    for (const std::string_view part : parts) {
        whole += part;
    }
    return whole;
}

constexpr auto start =
    "d8:completei1e10:downloadedi5e10:incompletei2e8:intervali1800e"
    "12:min intervali900e5:peers"sv;

}  // namespace

TEST_SUITE_BEGIN("announce reply");

TEST_CASE("an answer without peers has an empty string of them") {
    AnnounceAnswer answer = sample();
    answer.counts = {.leechers = 1};
    CHECK(written(answer) ==
          "d8:completei0e10:downloadedi0e10:incompletei1e8:intervali1800e"
          "12:min intervali900e5:peers0:e");
}

TEST_CASE("IPv4 peers are six bytes each") {
    AnnounceAnswer answer = sample();
    answer.ipv4 = two_ipv4;
    CHECK(written(answer) == join({start, "12:", peers_text, "e"}));
}

TEST_CASE("IPv6 peers are eighteen bytes each, beside an empty string of IPv4 ones") {
    AnnounceAnswer answer = sample();
    answer.ipv6 = two_ipv6;
    CHECK(written(answer) == join({start, "0:6:peers636:", peers6_text, "e"}));
    answer.ipv6 = {};
    answer.with_ipv6_key = true;
    CHECK(written(answer) == join({start, "0:6:peers60:e"}));
}

TEST_CASE("both families stand in one answer") {
    AnnounceAnswer answer = sample();
    answer.ipv4 = two_ipv4;
    answer.ipv6 = two_ipv6;
    CHECK(written(answer) == join({start, "12:", peers_text, "6:peers636:", peers6_text, "e"}));
}

TEST_CASE("the long form names address, peer id and port of each peer") {
    AnnounceAnswer answer = sample();
    answer.ipv4 = two_ipv4;
    const std::array<PeerId, 2> ids{peer_1, peer_2};
    answer.ipv4_ids = ids;
    CHECK(written(answer, false) ==
          join({start,
                "ld2:ip12:203.0.113.107:peer id20:-qB4650-AbCdEfGhIjKl4:porti6881ee"
                "d2:ip13:198.51.100.207:peer id20:-TR4060-0123456789ah4:porti51413eeee"}));
}

TEST_CASE("the long form without ids leaves their key out, and puts IPv4 first") {
    AnnounceAnswer answer = sample();
    answer.ipv4 = two_ipv4;
    CHECK(written(answer, false) ==
          join({start, "ld2:ip12:203.0.113.104:porti6881eed2:ip13:198.51.100.204:porti51413eeee"}));
    answer.ipv4 = std::span(two_ipv4).first(6);
    answer.ipv6 = std::span(two_ipv6).first(18);
    CHECK(written(answer, false) ==
          join({start, "ld2:ip12:203.0.113.104:porti6881eed2:ip11:2001:db8::a4:porti6881eeee"}));
    answer.ipv4 = answer.ipv6 = {};
    CHECK(written(answer, false) == join({start, "lee"}));
}

TEST_CASE("where the client was seen is told in four or sixteen raw bytes") {
    AnnounceAnswer answer = sample();
    answer.external_ip = IpAddress::parse("203.0.113.10");
    CHECK(written(answer) ==
          "d8:completei1e10:downloadedi5e11:external ip4:\xcb\x00q\x0a"
          "10:incompletei2e8:intervali1800e12:min intervali900e5:peers0:e"sv);
    answer.external_ip = IpAddress::parse("2001:db8::a");
    answer.with_ipv6_key = true;
    CHECK(written(answer) ==
          "d8:completei1e10:downloadedi5e"
          "11:external ip16: \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a"
          "10:incompletei2e8:intervali1800e12:min intervali900e5:peers0:6:peers60:e"sv);
}

TEST_CASE("a warning comes last") {
    AnnounceAnswer answer = sample();
    answer.warning = "slow down";
    CHECK(written(answer) == join({start, "0:15:warning message9:slow downe"}));
    CHECK(written(answer, false) == join({start, "le15:warning message9:slow downe"}));
}

TEST_CASE("the largest answer in either form fits into the room for a reply") {
    AnnounceAnswer answer = sample();
    answer.counts = {~0U, ~0U, ~0U, ~0U};
    answer.interval = answer.min_interval = ~0U;
    const std::vector<std::uint8_t> ipv6(std::size_t{18} * limits::num_want_ceiling, 0xff);
    const std::vector<PeerId> ids(limits::num_want_ceiling);
    answer.ipv6 = ipv6;
    answer.ipv6_ids = ids;
    answer.external_ip = IpAddress::parse("2001:db8::a");
    const std::string text = written(answer, false);
    const auto value = test::bencode::parse(text);
    CHECK(value->at("peers").list().size() == limits::num_want_ceiling);
    CHECK(value->at("peers").list().back().at("port").integer() == 65535);
}

TEST_CASE("an answer that does not fit overflows") {
    AnnounceAnswer answer = sample();
    answer.ipv4 = two_ipv4;
    for (const bool compact : {true, false}) {
        const std::size_t size = written(answer, compact).size();
        std::vector<char> room(size - 1);
        ByteWriter out(room);
        (compact ? write_announce : write_announce_dictionary)(out, answer);
        CHECK(out.overflow());
    }
}

TEST_SUITE_END();

}  // namespace chihaya::wire
