#include "core/net/given_sockets.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace chihaya::net {
namespace {

/// A socket that somebody else holds as well.
struct Held {
    Held()
        : bound(
              bind_socket(Transport::tcp, IpAddress::parse("127.0.0.1"), false, 0, true).value()) {
        REQUIRE(prepare_socket(Transport::tcp, bound));
    }
    ~Held() { ::close(bound.socket); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    [[nodiscard]] int another() const { return ::dup(bound.socket); }
    [[nodiscard]] SocketPlace place() const {
        return {.transport = Transport::tcp,
                .is_ipv6 = false,
                .address = bound.address,
                .port = bound.port};
    }

    BoundSocket bound;
};

bool can_connect(const SocketPlace& place) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SocketAddress name = socket_address(place.address, false, place.port);
    ::connect(client, name.data(), name.size);
    pollfd one{client, POLLOUT, 0};
    const bool is_settled = ::poll(&one, 1, 500) == 1;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size);
    ::close(client);
    return is_settled && error == 0;
}

void close_all(const std::vector<BoundSocket>& sockets) {
    for (const BoundSocket& one : sockets) {
        ::close(one.socket);
    }
}

}  // namespace

TEST_SUITE_BEGIN("given sockets");

TEST_CASE("a socket that its last owner had given up takes new connections") {
    const Held held;
    refuse_new(held.bound.socket);
    REQUIRE_FALSE(can_connect(held.place()));
    GivenSockets given;
    REQUIRE(given.add(held.another(), true).has_value());
    const auto taken = given.take(held.place());
    REQUIRE(taken.size() == 1);
    CHECK(can_connect(held.place()));
    close_all(taken);
}

TEST_CASE("what was taken can be had again, by turns, though its owner has closed it") {
    const Held held;
    GivenSockets given;
    REQUIRE(given.add(held.another(), true).has_value());
    CHECK_FALSE(given.again(held.place(), 0).has_value());  // nobody has asked for it
    close_all(given.take(held.place()));
    CHECK(given.take(held.place()).empty());
    CHECK(given.stays_open(held.place()));
    for (std::size_t number = 0; number < 3; ++number) {
        const auto again = given.again(held.place(), number);
        REQUIRE(again.has_value());
        REQUIRE(again->has_value());
        CHECK((*again)->port == held.bound.port);
        CHECK((*again)->was_given);
        ::close((*again)->socket);
    }
    SocketPlace other = held.place();
    other.transport = Transport::udp;
    CHECK_FALSE(given.again(other, 0).has_value());
}

TEST_CASE("a socket that nobody else holds is closed with its last owner's, once it is unwanted") {
    GivenSockets given;
    SocketPlace place;
    {
        const Held held;
        place = held.place();
        REQUIRE(given.add(held.another(), false).has_value());
    }
    const auto taken = given.take(place);
    const std::vector<SocketPlace> wanted{place};
    given.forget_but(wanted);
    close_all(taken);
    CHECK(can_connect(place));
    CHECK_FALSE(given.stays_open(place));
    given.forget_but({});
    CHECK_FALSE(can_connect(place));
    CHECK_FALSE(given.again(place, 0).has_value());
}

TEST_CASE("a socket that somebody else holds is kept for when it is wanted again") {
    const Held held;
    GivenSockets given;
    REQUIRE(given.add(held.another(), true).has_value());
    close_all(given.take(held.place()));
    given.forget_but({});
    const auto again = given.again(held.place(), 0);
    REQUIRE(again.has_value());
    ::close(again->value().socket);
}

TEST_CASE("an IPv6 socket for every address covers the family that was not asked for first") {
    const auto bound = bind_socket(Transport::udp, std::nullopt, true, 0, true);
    if (bound.has_error()) {
        return;  // a machine without IPv6
    }
    ::close(bound->socket);
    const int both = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    set_option(both, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    SocketAddress name = socket_address(std::nullopt, true, bound->port);
    REQUIRE(::bind(both, name.data(), name.size) == 0);
    GivenSockets given;
    REQUIRE(given.add(both, true).has_value());
    const SocketPlace ipv4{
        .transport = Transport::udp, .is_ipv6 = false, .address = {}, .port = bound->port};
    const SocketPlace ipv6{
        .transport = Transport::udp, .is_ipv6 = true, .address = {}, .port = bound->port};
    CHECK_FALSE(given.covers(ipv6));
    close_all(given.take(ipv4));
    CHECK(given.covers(ipv6));
    CHECK_FALSE(given.covers(ipv4));
    CHECK_FALSE(given.again(ipv6, 0).has_value());
}

TEST_SUITE_END();

}  // namespace chihaya::net
