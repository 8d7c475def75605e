#include "core/wire/udp_reply.hpp"

#include "core/base/limits.hpp"
#include "tests/unit/wire/packets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

Bytes scrape_reply(std::uint32_t transaction, std::span<const SwarmCounts> counts) {
    Bytes out(udp_scrape_reply_size(counts.size()));
    CHECK(write_udp_scrape(out, transaction, counts) == out.size());
    return out;
}

Bytes error_reply(std::uint32_t transaction, std::string_view text, std::size_t room) {
    Bytes out(room);
    out.resize(write_udp_error(out, transaction, text));
    return out;
}

}  // namespace

TEST_SUITE_BEGIN("udp reply");

TEST_CASE("the reply to a connect request has sixteen bytes") {
    Bytes out(16);
    write_udp_connect(std::span(out).first<16>(), 0x01020304, 0x1122334455667788);
    CHECK(out == bytes_of("00 00 00 00 01 02 03 04 11 22 33 44 55 66 77 88"));
}

TEST_CASE("an announce's reply has leechers before seeders") {
    Bytes out(20);
    write_udp_announce(std::span(out).first<20>(), 0x0a0b0c0d, 1800,
                       {.seeders = 1, .leechers = 2, .partial_seeds = 7, .snatches = 5});
    CHECK(out == bytes_of("00 00 00 01 0a 0b 0c 0d 00 00 07 08 00 00 00 02 00 00 00 01"));
}

TEST_CASE("a scrape's records have seeders and snatches and leechers") {
    const std::array<SwarmCounts, 2> counts{{{1, 2, 9, 5}, {}}};
    CHECK(scrape_reply(0x11, std::span(counts).first(1)) ==
          bytes_of("00 00 00 02 00 00 00 11 00 00 00 01 00 00 00 05 00 00 00 02"));
    CHECK(scrape_reply(0x12, counts) ==
          bytes_of("00 00 00 02 00 00 00 12 00 00 00 01 00 00 00 05 00 00 00 02 00 00 00 00 00 00 "
                   "00 00 00 00 00 00"));
    CHECK(scrape_reply(0x11, std::vector<SwarmCounts>(74)).size() == 896);
}

TEST_CASE("an error is its text without an end mark and cut where the room ends") {
    const Bytes whole = error_reply(0x0a0b0c0d, "invalid info_hash", 1232);
    CHECK(whole == bytes_of("00 00 00 03 0a 0b 0c 0d 69 6e 76 61 6c 69 64 20 69 6e 66 6f 5f 68 61 "
                            "73 68"));
    CHECK(whole.size() == udp_error_size("invalid info_hash"));
    CHECK(error_reply(1, "abc", 10) == bytes_of("00 00 00 03 00 00 00 01 61 62"));
    CHECK(error_reply(1, "abc", 8) == bytes_of("00 00 00 03 00 00 00 01"));
    CHECK(error_reply(1, "", 8) == bytes_of("00 00 00 03 00 00 00 01"));
}

TEST_CASE("the largest numbers are written whole") {
    constexpr std::uint32_t most = 0xffffffff;
    Bytes out(20);
    write_udp_announce(std::span(out).first<20>(), most, most,
                       {.seeders = most, .leechers = most, .partial_seeds = 0, .snatches = 0});
    CHECK(out == joined(bytes_of("00 00 00 01"), Bytes(16, 0xff)));
}

TEST_SUITE_END();

}  // namespace chihaya::wire
