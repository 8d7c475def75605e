#include "core/wire/scrape_reply.hpp"

#include "core/base/limits.hpp"
#include "tests/support/bencode.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

using namespace std::string_view_literals;

constexpr SwarmCounts counts_a{.seeders = 1, .leechers = 2, .partial_seeds = 0, .snatches = 5};
constexpr SwarmCounts counts_b{.leechers = 1};
constexpr auto text_a =
    "20:\xa2\xa1U7T+\"\x92Z\xd1\x04\x86\xbfz\x8b*\x9c"
    "B\xf0\xd1"
    "d8:completei1e10:downloadedi5e10:incompletei2ee"sv;
constexpr auto text_b =
    "20: &=%;+.-_~*'()!\x00/?:@d8:completei0e10:downloadedi0e10:incompletei1ee"sv;

std::string written(const ScrapeAnswer& answer) {
    std::vector<char> room(limits::reply_max);
    ByteWriter out(room);
    write_scrape(out, answer);
    REQUIRE_FALSE(out.overflow());
    REQUIRE(test::bencode::parse(out.view()).has_value());
    return std::string(out.view());
}

std::string files(std::string_view first, std::string_view second = "") {
    return "d5:filesd" + std::string(first) + std::string(second) + "ee";
}

}  // namespace

TEST_SUITE_BEGIN("scrape reply");

TEST_CASE("a swarm is named with its counts") {
    const std::array hashes{hash_a};
    const std::array counts{counts_a};
    CHECK(written({.info_hashes = hashes, .counts = counts}) == files(text_a));
}

TEST_CASE("swarms are sorted as unsigned bytes, with their own counts") {
    const std::array hashes{hash_a, hash_b};
    const std::array counts{counts_a, counts_b};
    CHECK(written({.info_hashes = hashes, .counts = counts}) == files(text_b, text_a));
    CHECK(sorts_before(hash_b, hash_a));
    CHECK_FALSE(sorts_before(hash_a, hash_a));
    CHECK(sorts_before(hash_c, hash_b));
}

TEST_CASE("swarms that are to be omitted are") {
    const std::array hashes{hash_a, hash_b};
    const std::array counts{counts_a, counts_b};
    std::array omitted{false, true};
    CHECK(written({.info_hashes = hashes, .counts = counts, .omitted = omitted}) == files(text_a));
    omitted = {true, true};
    CHECK(written({.info_hashes = hashes, .counts = counts, .omitted = omitted}) == "d5:filesdee");
    CHECK(written({}) == "d5:filesdee");
}

TEST_CASE("an unknown swarm that is not omitted is all zeros") {
    const std::array hashes{hash_c};
    const std::array<SwarmCounts, 1> counts{};
    CHECK(
        written({.info_hashes = hashes, .counts = counts}) ==
        files("20:\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"
              "d8:completei0e10:downloadedi0e10:incompletei0ee"sv));
}

TEST_CASE("downloaders are told where there are partial seeds") {
    const std::array hashes{hash_b};
    std::array counts{counts_a};
    counts[0].partial_seeds = 1;
    CHECK(written({.info_hashes = hashes, .counts = counts})
              .ends_with("d8:completei1e10:downloadedi5e11:downloadersi1e10:incompletei2eeee"));
    counts[0].partial_seeds = 3;
    CHECK(written({.info_hashes = hashes, .counts = counts}).find("11:downloadersi0e") !=
          std::string::npos);
}

TEST_CASE("the interval between scrapes is a flag") {
    const std::array hashes{hash_a};
    const std::array counts{counts_a};
    CHECK(written({.info_hashes = hashes, .counts = counts, .min_request_interval = 1800}) ==
          "d5:filesd" + std::string(text_a) + "e5:flagsd20:min_request_intervali1800eee");
}

TEST_CASE("the largest scrape fits into the room for a reply, in ascending order") {
    std::vector<InfoHash> hashes(limits::scrape_ceiling);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        hashes[i].bytes[0] = static_cast<std::uint8_t>(i * 77);
    }
    const std::vector<SwarmCounts> counts(hashes.size(), SwarmCounts{~0U, ~0U, 1, ~0U});
    const std::string text =
        written({.info_hashes = hashes, .counts = counts, .min_request_interval = ~0U});
    CHECK(test::bencode::parse(text)->at("files").dictionary().size() == hashes.size());
}

TEST_CASE("a swarm takes no more than the most that is promised") {
    std::array<char, scrape_swarm_max> room{};
    ByteWriter out(room);
    write_swarm(out, hash_a, {~0U, ~0U, 1, ~0U});
    CHECK_FALSE(out.overflow());
    CHECK(out.size() == scrape_swarm_max);
}

TEST_CASE("a scrape in pieces equals one in one piece") {
    std::vector<char> room(limits::reply_max);
    ByteWriter out(room);
    open_scrape(out);
    write_swarm(out, hash_b, counts_b);
    write_swarm(out, hash_a, counts_a);
    close_scrape(out, 0);
    CHECK(out.view() == files(text_b, text_a));
}

TEST_SUITE_END();

}  // namespace chihaya::wire
