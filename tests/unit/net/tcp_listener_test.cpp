#include "core/net/tcp_listener.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

namespace chihaya::net {
namespace {

const auto loopback = IpAddress::parse("127.0.0.1");

}  // namespace

TEST_SUITE_BEGIN("tcp listener");

TEST_CASE("the workers of one process share a port, and the kernel may choose it") {
    const auto first = listen_tcp(loopback, false, 0, true);
    REQUIRE(first.has_value());
    CHECK(first->port != 0);
    const auto second = listen_tcp(loopback, false, first->port, false);
    CHECK(second.has_value());
    ::close(first->socket);
    ::close(second->socket);
}

TEST_CASE("a port on which somebody listens is refused, and the message says what may help") {
    const auto somebody = listen_tcp(loopback, false, 0, true);
    REQUIRE(somebody.has_value());
    const auto refused = listen_tcp(loopback, false, somebody->port, true);
    REQUIRE(refused.has_error());
    CHECK(refused.error().text ==
          "cannot listen on 127.0.0.1:" + std::to_string(somebody->port) +
              ": bind: Address already in use; is another tracker running? stop it, or choose "
              "another address");
    ::close(somebody->socket);
}

TEST_CASE("an address this machine does not have is refused in so many words") {
    const auto refused = listen_tcp(IpAddress::parse("192.0.2.1"), false, 0, true);
    REQUIRE(refused.has_error());
    CHECK(refused.error().text ==
          "cannot listen on 192.0.2.1:0: bind: Cannot assign requested address; this machine has "
          "no such address");
}

TEST_SUITE_END();

}  // namespace chihaya::net
