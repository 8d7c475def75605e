#include "core/wire/scrape_query.hpp"

#include "core/base/limits.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

/// `count` different info-hashes, all bytes escaped.
std::string many(std::size_t count) {
    std::string query;
    for (std::size_t i = 0; i < count; ++i) {
        InfoHash hash;
        hash.bytes[0] = static_cast<std::uint8_t>(i);
        query += (i == 0 ? "info_hash=" : "&info_hash=") + all_escaped(hash.bytes);
    }
    return query;
}

/// How many were found; empty when the scrape is refused.
std::optional<std::size_t> found(std::string_view query, std::span<InfoHash> out) {
    const auto result = parse_scrape(query, out);
    return result ? std::optional(*result) : std::nullopt;
}

}  // namespace

TEST_SUITE_BEGIN("scrape query");

TEST_CASE("the info-hashes come in the order they were asked for, each once") {
    std::array<InfoHash, 3> out{};
    const std::string a = "info_hash=" + std::string(escaped_a);
    const std::string b = "info%5fhash=" + all_escaped(hash_b.bytes);
    REQUIRE(found("passkey=K?" + a + "&" + b + ";" + a + "&" + a + "&x=%zz", out) == 2U);
    CHECK(out[0] == hash_a);
    CHECK(out[1] == hash_b);
}

TEST_CASE("no info-hash is zero") {
    std::array<InfoHash, 1> out{};
    CHECK(found("", out) == 0U);
    CHECK(found("passkey=0123&Info_Hash=abc&info%zz=1", out) == 0U);
}

TEST_CASE("one bad info-hash spoils the scrape") {
    std::array<InfoHash, 4> out{};
    const std::string good = "info_hash=" + std::string(escaped_a);
    CHECK(parse_scrape(good + "&info_hash=" + std::string(19, 'a'), out).error() ==
          ScrapeError::info_hash_size);
    CHECK(parse_scrape(good + "&info_hash=", out).error() == ScrapeError::info_hash_size);
    CHECK(parse_scrape("info_hash=" + std::string(21, 'a') + "&" + good, out).error() ==
          ScrapeError::info_hash_size);
    CHECK(parse_scrape(good + "&info_hash=%4", out).error() == ScrapeError::broken_escape);
}

TEST_CASE("as many info-hashes as there is room for are taken, one more is too many") {
    std::vector<InfoHash> out(74);
    CHECK(found(many(60), out) == 60U);
    CHECK(found(many(74), out) == 74U);
    CHECK(parse_scrape(many(75), out).error() == ScrapeError::too_many);
    CHECK(found(many(74) + "&" + many(3), out) == 74U);
    out.resize(limits::scrape_ceiling);
    CHECK(found(many(limits::scrape_ceiling), out) == limits::scrape_ceiling);
}

TEST_CASE("too many items are too many, whatever they are") {
    std::vector<InfoHash> out(limits::scrape_ceiling);
    std::string query;
    for (std::size_t i = 0; i <= limits::query_items_max; ++i) {
        query += "x&";
    }
    CHECK(parse_scrape(query, out).error() == ScrapeError::too_many);
}

TEST_CASE("the text for too many is the one that makes Transmission ask for less") {
    CHECK(reason(ScrapeError::too_many) == "GET string too long");
    CHECK(reason(ScrapeError::info_hash_size) == "malformed request: info_hash must be 20 bytes");
    CHECK(reason(ScrapeError::broken_escape) ==
          "malformed request: a value has a broken percent escape");
}

TEST_SUITE_END();

}  // namespace chihaya::wire
