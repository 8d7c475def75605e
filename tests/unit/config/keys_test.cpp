#include "core/config/keys.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <utility>

TEST_SUITE_BEGIN("keys");

namespace chihaya::config {
namespace {

TEST_CASE("no spelling means two things") {
    std::set<std::string_view> seen;
    for (const Key& key : known_keys()) {
        CAPTURE(key.name);
        CHECK(seen.insert(key.name).second);
        for (const std::string_view other : key.also_as) {
            CHECK((other.empty() || seen.insert(other).second));
        }
    }
    for (const IgnoredKey& key : ignored_keys()) {
        CAPTURE(key.name);
        CHECK(seen.insert(key.name).second);
    }
    for (const std::string_view spelling : seen) {
        CHECK_FALSE(is_section(spelling));
    }
}

TEST_CASE("every spelling finds its key, and nothing else does") {
    for (const Key& key : known_keys()) {
        CHECK(find_key(key.name) == &key);
        for (const std::string_view other : key.also_as) {
            CHECK((other.empty() || find_key(other) == &key));
        }
    }
    CHECK(find_key("") == nullptr);
    CHECK(find_key("Announce") == nullptr);
    CHECK(find_key("http") == nullptr);
}

TEST_CASE("an unknown key has the nearest known one, where there is one") {
    const std::array<std::pair<const char*, const char*>, 12> cases{{
        {"anounce", "announce"},
        {"minannounce", "minAnnounce"},
        {"freelech", "freeleech"},
        {"htpp", "http"},
        {"http.keepalive", "http.keep_alive"},
        {"http.adr", "http.addr"},
        {"max_num_want", "limits.max_num_want"},
        {"head_timeout", "http.head_timeout"},
        {"http.max_scrape_infohashes", "limits.max_scrape_infohashes"},
        {"managment", "management"},
        {"storage", ""},
        {"tx_retries", ""},
    }};
    for (const auto& [given, expected] : cases) {
        const std::string spelling = given;
        CAPTURE(spelling);
        CHECK(nearest_key(spelling) == expected);
    }
}

}  // namespace
}  // namespace chihaya::config
