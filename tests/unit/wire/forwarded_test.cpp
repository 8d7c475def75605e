#include "core/wire/forwarded.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace chihaya::wire {
namespace {

const std::array<IpNetwork, 3> trusted{*IpNetwork::parse("127.0.0.0/8"), *IpNetwork::parse("::1"),
                                       *IpNetwork::parse("10.0.0.0/8")};

/// The client as text; empty when there is none.
std::string client(std::string_view fields, std::string_view name = "X-Forwarded-For") {
    const auto address = forwarded_client(fields, name, trusted);
    return address ? address->text() : "";
}

}  // namespace

TEST_SUITE_BEGIN("forwarded");

TEST_CASE("the right-most untrusted hop is the client") {
    CHECK(client("X-Forwarded-For: 6.6.6.6, 203.0.113.10\r\n") == "203.0.113.10");
    CHECK(client("X-Forwarded-For: 6.6.6.6,203.0.113.10 , 10.1.2.3,127.0.0.1") == "203.0.113.10");
    CHECK(client("x-forwarded-for:203.0.113.10:4711, [::1]:80\n") == "203.0.113.10");
    CHECK(client("X-Forwarded-For: 2001:db8::1\r\n") == "2001:db8::1");
    CHECK(client("X-Forwarded-For: ::ffff:203.0.113.10, ::ffff:127.0.0.1\r\n") == "203.0.113.10");
}

TEST_CASE("several lines are one list") {
    const std::string two = "Host: x\r\nX-Forwarded-For: 6.6.6.6\r\nA: b\r\nX-Forwarded-For: ";
    CHECK(client(two + "203.0.113.10\r\n") == "203.0.113.10");
    CHECK(client(two + "127.0.0.1\r\n") == "6.6.6.6");
    CHECK(client(two + "\r\n") == "6.6.6.6");
}

TEST_CASE("when all hops are trusted the left-most is the client") {
    CHECK(client("X-Forwarded-For: 10.0.0.1, 127.0.0.1\r\n") == "10.0.0.1");
    CHECK(client("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: ::1\r\n") == "10.0.0.1");
}

TEST_CASE("garbage at the deciding hop is no client, garbage left of it does not matter") {
    CHECK(client("X-Forwarded-For: 1.2.3.4, unknown\r\n").empty());
    CHECK(client("X-Forwarded-For: 1.2.3.4, garbage, 127.0.0.1\r\n").empty());
    CHECK(client("X-Forwarded-For: garbage\", 203.0.113.10, 127.0.0.1\r\n") == "203.0.113.10");
    CHECK(client("X-Forwarded-For: 1.2.3.4.5\r\n").empty());
}

TEST_CASE("without the header there is no client") {
    CHECK(client("").empty());
    CHECK(client("X-Forwarded-Fo: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n").empty());
    CHECK(client("X-Forwarded-For:\r\nX-Forwarded-For: , ,\r\n").empty());
}

TEST_CASE("empty elements are passed over") {
    CHECK(client("X-Forwarded-For: 1.2.3.4,, ,127.0.0.1,\r\n") == "1.2.3.4");
}

TEST_CASE("a header with one value is a list of one") {
    CHECK(client("X-Real-IP: 203.0.113.10\r\n", "x-real-ip") == "203.0.113.10");
    CHECK(client("CF-Connecting-IP: 2001:db8::a\r\n", "CF-Connecting-IP") == "2001:db8::a");
}

TEST_CASE("Forwarded is read as RFC 7239 says") {
    const auto of = [](std::string_view value) {
        return client("Forwarded: " + std::string(value) + "\r\n", "forwarded");
    };
    CHECK(of("for=192.0.2.43, for=198.51.100.17;by=203.0.113.60;proto=http") == "198.51.100.17");
    CHECK(of("proto=http;For=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17");
    CHECK(of("for=192.0.2.43, for=127.0.0.1;by=\"a;b,c\"") == "192.0.2.43");
    CHECK(of("for = \"192.0.2.43:80\" ; by=x") == "192.0.2.43");
    CHECK(of("for=192.0.2.43, for=unknown").empty());
    CHECK(of("for=_hidden").empty());
    CHECK(of("by=192.0.2.43").empty());
    CHECK(of("192.0.2.43").empty());
}

TEST_CASE("an unclosed quote of the client swallows nothing that the proxy wrote") {
    CHECK(client("Forwarded: for=\"6.6.6.6, for=203.0.113.10\r\n", "Forwarded") == "203.0.113.10");
    CHECK(client("Forwarded: for=\"\r\nForwarded: for=203.0.113.10\r\n", "Forwarded") ==
          "203.0.113.10");
}

TEST_SUITE_END();

}  // namespace chihaya::wire
