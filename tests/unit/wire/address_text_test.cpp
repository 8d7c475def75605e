#include "core/wire/address_text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

namespace chihaya::wire {
namespace {

std::string text_of(std::string_view address) {
    std::array<char, address_text_max> room{};
    const auto parsed = IpAddress::parse(address);
    REQUIRE(parsed.has_value());
    return std::string(parsed->is_ipv4() ? address_text(parsed->ipv4(), room)
                                         : address_text(parsed->bytes, room));
}

std::string read(std::string_view text) {
    const auto address = address_of(text);
    return address ? address->text() : "";
}

}  // namespace

TEST_SUITE_BEGIN("address text");

TEST_CASE("an address is read with and without a port") {
    CHECK(read("203.0.113.10") == "203.0.113.10");
    CHECK(read("203.0.113.10:65535") == "203.0.113.10");
    CHECK(read("2001:db8::1") == "2001:db8::1");
    CHECK(read("[2001:db8::1]") == "2001:db8::1");
    CHECK(read("[2001:db8::1]:80") == "2001:db8::1");
    CHECK(read("::ffff:203.0.113.10") == "203.0.113.10");
}

TEST_CASE("what only looks like an address is none") {
    for (const std::string_view text : {"",
                                        ":",
                                        "[",
                                        "]",
                                        "[]",
                                        "[]:80",
                                        "[::1",
                                        "::1]",
                                        "[::1]x",
                                        "[::1]:",
                                        "[::1]:x",
                                        "[::1]:123456",
                                        "[1.2.3.4]:80",
                                        "1.2.3.4:",
                                        "1.2.3.4:x",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.1.1.1",
                                        "host",
                                        "host:80",
                                        "fe80::1%eth0",
                                        "1.2.3.4 ",
                                        "https://x/all.txt",
                                        "abc.b32.i2p"}) {
        CAPTURE(text);
        CHECK(read(text).empty());
    }
    CHECK(read(std::string(1000, '1')).empty());
}

TEST_CASE("addresses are written as RFC 5952 says") {
    for (const std::string_view text :
         {"0.0.0.0", "203.0.113.10", "255.255.255.255", "::", "::1", "1::", "2001:db8::a",
          "2001:db8:0:1::14", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "2001:db8::1:0:0:1",
          "1:0:3:4:5:6:7:8", "1:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:8",
          "1:2:3:4:5:6::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
        CHECK(text_of(text) == text);
    }
}

TEST_CASE("an address that is written reads back as itself") {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same addresses every time
    std::array<char, address_text_max> room{};
    for (int round = 0; round < 20'000; ++round) {
        std::array<std::uint8_t, 16> bytes{};
        for (std::uint8_t& byte : bytes) {
            const auto value = static_cast<std::uint8_t>(random() % 256);
            byte = random() % 3 == 0 ? value : std::uint8_t{0};
        }
        const std::string_view text = address_text(bytes, room);
        CAPTURE(text);
        CHECK(IpAddress::parse(text) == IpAddress::from_ipv6(bytes));
        CHECK(text.find(":::") == std::string_view::npos);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::wire
