#include "core/base/ip_address.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

TEST_SUITE_BEGIN("ip_address");

namespace {

using chihaya::IpAddress;
using chihaya::IpNetwork;

bool within(const char* network, const char* address) {
    return IpNetwork::parse(network).value().contains(IpAddress::parse(address).value());
}

TEST_CASE("addresses are read, and written as RFC 5952 writes them") {
    const std::array<std::pair<const char*, const char*>, 8> cases{{
        {"127.0.0.1", "127.0.0.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"fe80::1:2:3:4", "fe80::1:2:3:4"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"1111:2222:3333:4444:5555:6666:7777:8888", "1111:2222:3333:4444:5555:6666:7777:8888"},
    }};
    for (const auto& [given, written] : cases) {
        const std::string text = given;
        CAPTURE(text);
        const auto address = IpAddress::parse(text);
        REQUIRE(address.has_value());
        CHECK(address->text() == written);
    }
}

TEST_CASE("what is no address is refused") {
    for (const std::string& text :
         {std::string(), std::string("1.2.3"), std::string("1.2.3.256"), std::string("1.2.3.4.5"),
          std::string("01.2.3.4"), std::string("0x7f.0.0.1"), std::string(" 1.2.3.4"),
          std::string("1.2.3.4 "), std::string("1.2.3.4:80"), std::string("[::1]"),
          std::string("::1%lo"), std::string(":::"), std::string("1::2::3"), std::string("12345::"),
          std::string("localhost"), std::string("1.2.3.4\0", 8), std::string(1'000, '1')}) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text).has_value());
    }
}

TEST_CASE("an IPv4 address mapped into IPv6 is that IPv4 address") {
    const auto mapped = IpAddress::parse("::ffff:192.0.2.1").value();
    CHECK(mapped.is_ipv4());
    CHECK(mapped == IpAddress::parse("192.0.2.1").value());
    CHECK(mapped.ipv4()[0] == 192);
    CHECK(mapped.ipv4()[3] == 1);
    CHECK_FALSE(IpAddress::parse("::192.0.2.1").value().is_ipv4());
    CHECK_FALSE(IpAddress::parse("::fffe:192.0.2.1").value().is_ipv4());
}

TEST_CASE("an endpoint has the address and the port in network order") {
    const auto four = IpAddress::parse("192.0.2.1").value().ipv4_endpoint(0x1ae1);
    CHECK(four.wire == decltype(four.wire){192, 0, 2, 1, 0x1a, 0xe1});
    const auto six = IpAddress::parse("2001:db8::5").value().ipv6_endpoint(1);
    CHECK(six.wire ==
          decltype(six.wire){0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1});
}

TEST_CASE("a network contains what shares its prefix, at every length") {
    CHECK(within("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(within("10.0.0.0/8", "11.0.0.1"));
    CHECK(within("10.1.2.3/8", "10.9.9.9"));
    CHECK(within("192.0.2.128/25", "192.0.2.129"));
    CHECK_FALSE(within("192.0.2.128/25", "192.0.2.127"));
    CHECK(within("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(within("192.0.2.1", "192.0.2.2"));
    CHECK(within("0.0.0.0/0", "255.0.0.1"));
    CHECK(within("2001:db8::/32", "2001:db8:ffff::1"));
    CHECK_FALSE(within("2001:db8::/32", "2001:db9::"));
    CHECK(within("2001:db8::/127", "2001:db8::1"));
    CHECK_FALSE(within("2001:db8::/127", "2001:db8::2"));
    CHECK(within("::1/128", "::1"));
    CHECK(within("::/0", "2001:db8::1"));
}

TEST_CASE("a network of one family contains no address of the other") {
    CHECK_FALSE(within("::/0", "192.0.2.1"));
    CHECK_FALSE(within("::/64", "192.0.2.1"));
    CHECK_FALSE(within("0.0.0.0/0", "2001:db8::1"));
    CHECK_FALSE(within("0.0.0.0/0", "::1"));
    CHECK(within("::ffff:10.0.0.0/104", "10.1.1.1"));
    CHECK_FALSE(within("::ffff:0:0/95", "10.1.1.1"));
}

TEST_CASE("what is no network is refused") {
    for (const char* const text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
          "10.0.0.0/8/8", "10.0.0/8", "::/129", "::1/4294967296", "example.org/8"}) {
        CAPTURE(text);
        CHECK_FALSE(IpNetwork::parse(text).has_value());
    }
}

}  // namespace
