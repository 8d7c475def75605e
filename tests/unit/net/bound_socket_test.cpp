#include "core/net/bound_socket.hpp"

#include "tests/support/free_port.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace chihaya::net {
namespace {

const auto loopback = IpAddress::parse("127.0.0.1");

}  // namespace

TEST_SUITE_BEGIN("bound socket");

TEST_CASE("UDP workers of one process share a port and another process is refused it") {
    const auto first = bind_socket(Transport::udp, loopback, false, 0, true);
    REQUIRE(first.has_value());
    CHECK(first->port != 0);
    const auto second = bind_socket(Transport::udp, loopback, false, first->port, false);
    CHECK(second.has_value());
    const auto other = bind_socket(Transport::udp, loopback, false, first->port, true);
    REQUIRE(other.has_error());
    CHECK(other.error().text == "cannot listen on 127.0.0.1:" + std::to_string(first->port) +
                                    " (UDP): bind: Address already in use; is another tracker "
                                    "running? stop it, or choose another address");
    ::close(first->socket);
    ::close(second->socket);
}

TEST_CASE("UDP and TCP have the same port without being in each other's way") {
    bool both = false;
    for (int tries = 0; !both && tries < 20; ++tries) {  // others take ports meanwhile
        const auto udp = bind_socket(Transport::udp, loopback, false, 0, true);
        REQUIRE(udp.has_value());
        const auto tcp = bind_socket(Transport::tcp, loopback, false, udp->port, true);
        both = tcp.has_value();
        ::close(udp->socket);
        if (both) {
            ::close(tcp->socket);
        }
    }
    CHECK(both);
}

TEST_CASE("every address of both families can have the same port") {
    if (test::lacks_ipv6()) {
        return;
    }
    bool both = false;
    for (int tries = 0; !both && tries < 20; ++tries) {
        const auto ipv4 = bind_socket(Transport::udp, std::nullopt, false, 0, true);
        REQUIRE(ipv4.has_value());
        const auto ipv6 = bind_socket(Transport::udp, std::nullopt, true, ipv4->port, true);
        both = ipv6.has_value();
        ::close(ipv4->socket);
        if (both) {
            ::close(ipv6->socket);
        }
    }
    CHECK(both);
}

TEST_CASE("a socket address keeps address and port of either family") {
    for (const char* text : {"203.0.113.10", "2001:db8::a", "::1"}) {
        const IpAddress address = *IpAddress::parse(text);
        const SocketAddress name = socket_address(address, !address.is_ipv4(), 6881);
        CHECK(ip_address_of(name.name) == address);
        CHECK(port_of(name.name) == 6881);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::net
