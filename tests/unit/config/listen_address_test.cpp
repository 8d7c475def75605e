#include "core/config/listen_address.hpp"

#include <doctest/doctest.h>

#include <array>
#include <utility>

TEST_SUITE_BEGIN("listen_address");

namespace chihaya::config {
namespace {

using Addresses = std::vector<Address>;

TEST_CASE("an address to listen on is read as Go reads it") {
    const std::array<std::pair<const char*, Addresses>, 11> cases{{
        {"", {}},
        {":6881", {{"", 6881}}},
        {"0.0.0.0:6881", {{"", 6881}}},
        {"[::]:6881", {{"", 6881}}},
        {"127.0.0.1:6881", {{"127.0.0.1", 6881}}},
        {"[::1]:6881", {{"::1", 6881}}},
        {"[2001:DB8:0::1]:80", {{"2001:db8::1", 80}}},
        {"[::ffff:192.0.2.1]:80", {{"192.0.2.1", 80}}},
        {"localhost:6881", {{"127.0.0.1", 6881}, {"::1", 6881}}},
        {":0", {{"", 0}}},
        {":65535", {{"", 65535}}},
    }};
    for (const auto& [given, expected] : cases) {
        const std::string text = given;
        CAPTURE(text);
        const auto addresses = parse_listen_address(text);
        REQUIRE(addresses.has_value());
        CHECK(*addresses == expected);
    }
}

TEST_CASE("what is no address is refused with what to write instead") {
    const std::array<std::pair<const char*, const char*>, 16> cases{{
        {"6881", "write \":6881\" for every address"},
        {"127.0.0.1", "add a port, such as \":6881\""},
        {"127.0.0.1:", "the port is a number up to 65535; 0 takes a free one"},
        {":65536", "the port is a number up to 65535; 0 takes a free one"},
        {":-1", "the port is a number up to 65535; 0 takes a free one"},
        {":+80", "the port is a number up to 65535; 0 takes a free one"},
        {":http", "the port is a number up to 65535; 0 takes a free one"},
        {": 80", "the port is a number up to 65535; 0 takes a free one"},
        {":80 ", "the port is a number up to 65535; 0 takes a free one"},
        {"::1:6881", "put an IPv6 address in brackets"},
        {"::", "put an IPv6 address in brackets"},
        {"example.org:80", "write an IP address; of names, only \"localhost\" is known here"},
        {"[127.0.0.1]:80", "write an IP address; of names, only \"localhost\" is known here"},
        {"[]:80", "write an IP address; of names, only \"localhost\" is known here"},
        {"256.0.0.1:80", "write an IP address; of names, only \"localhost\" is known here"},
        {"*:80", "write an IP address; of names, only \"localhost\" is known here"},
    }};
    for (const auto& [given, remedy] : cases) {
        const std::string text = given;
        CAPTURE(text);
        const auto addresses = parse_listen_address(text);
        REQUIRE(addresses.has_error());
        CHECK(addresses.error().text == remedy);
    }
}

TEST_CASE("an address is written so that it is read back the same") {
    for (const char* const text : {":6881", "127.0.0.1:6881", "[::1]:6881", "[2001:db8::1]:1"}) {
        CHECK(listen_address_text(parse_listen_address(text)->front()) == text);
    }
}

}  // namespace
}  // namespace chihaya::config
