#include "core/net/udp_socket.hpp"

#include "core/base/clock.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#if defined(SO_MEMINFO)

namespace chihaya::net {
namespace {

using std::chrono::milliseconds;

void ignore(void* /*unused*/, UdpSocket& /*unused*/) noexcept {}

BoundSocket on_loopback() {
    const auto bound = bind_socket(Transport::udp, IpAddress::parse("127.0.0.1"), false, 0, true);
    REQUIRE(bound.has_value());
    return *bound;
}

/// A socket with little room, and somebody who sends to it.
struct World {
    World() : client(::socket(AF_INET, SOCK_DGRAM, 0)) {
        const SocketAddress server = socket_address(*bound.address, false, bound.port);
        REQUIRE(::connect(client, server.data(), server.size) == 0);
    }
    ~World() { ::close(client); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Many more than there is room for.
    void overflow() const {
        constexpr std::array<char, 100> datagram{};
        for (int i = 0; i < 500; ++i) {
            static_cast<void>(::send(client, datagram.data(), datagram.size(), 0));
        }
    }
    void read_all() {
        while (!socket.receive().empty()) {
        }
    }

    const Clock clock;
    WorkerLoop loop{clock};
    const BoundSocket bound = on_loopback();
    UdpSocket socket{loop, bound, {.receive_buffer = 16'384}, nullptr, ignore};
    int client;
};

}  // namespace

TEST_SUITE_BEGIN("udp socket");

TEST_CASE("a socket that has dropped datagrams and has been read since is not behind") {
    World world;
    for (int i = 0; i < 5; ++i) {
        world.overflow();
        world.read_all();
        CHECK(world.socket.lag() < milliseconds(10'000));
    }
}

TEST_CASE("a socket that was full at one look only is not behind") {
    World world;
    for (int i = 0; i < 5; ++i) {
        world.overflow();
        CHECK(world.socket.lag() < milliseconds(10'000));
        world.read_all();
        CHECK(world.socket.lag() < milliseconds(10'000));
    }
}

TEST_CASE("a socket that is full and drops at one look after another is behind") {
    World world;
    world.overflow();
    CHECK(world.socket.lag() < milliseconds(10'000));
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(world.socket.receive());
        world.overflow();
        CHECK(world.socket.lag() == milliseconds::max());
    }
    CHECK(world.socket.lag() < milliseconds(10'000));  // full, but nothing was dropped since
}

TEST_CASE("what a socket dropped before it was taken over is not held against it") {
    World world;
    world.overflow();
    BoundSocket same = world.bound;
    same.socket = ::dup(world.bound.socket);
    REQUIRE(same.socket >= 0);
    UdpSocket heir(world.loop, same, {}, nullptr, ignore);
    CHECK(heir.lag() < milliseconds(10'000));
    world.overflow();
    CHECK(heir.lag() < milliseconds(10'000));  // the first time that it has dropped something
}

TEST_SUITE_END();

}  // namespace chihaya::net

#endif
