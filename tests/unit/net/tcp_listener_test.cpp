#include "core/net/tcp_listener.hpp"

#include "core/base/clock.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

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

TEST_CASE("when descriptors run out one is freed for whoever comes next") {
    struct Server {
        std::vector<int> sockets;
        int evictions = 0;
    };
    Server server;
    const Clock clock;
    WorkerLoop loop(clock);
    const auto bound = listen_tcp(loopback, false, 0, true);
    REQUIRE(bound.has_value());
    TcpListener listener(
        loop, *bound, &server,
        [](void* self, int socket, const IpAddress& /*from*/) noexcept {
            static_cast<Server*>(self)->sockets.push_back(socket);
        },
        [](void* self) noexcept {
            auto& here = *static_cast<Server*>(self);
            ++here.evictions;
            ::close(here.sockets.front());
            here.sockets.erase(here.sockets.begin());
            return true;
        });
    listener.start();

    std::vector<int> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(clients.back() >= 0);
    }
    const auto connect = [&](int client) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(bound->port);
        REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::send(client, "G", 1, MSG_NOSIGNAL) == 1);  // what is silent is not handed over
    };
    const auto serve_until = [&](auto&& is_done) {
        while (!is_done()) {
            loop.turn(true);
        }
    };
    connect(clients[0]);
    serve_until([&] { return server.sockets.size() == 1; });

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::dup(clients[0]);  // the lowest number that is free
    ::close(next);
    const rlimit full{static_cast<rlim_t>(next), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &full) == 0);
    connect(clients[1]);
    serve_until([&] { return server.evictions == 1 && server.sockets.size() == 1; });
    connect(clients[2]);
    serve_until([&] { return server.evictions == 2 && server.sockets.size() == 1; });
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

    listener.close();
    ::close(server.sockets.front());
    for (const int client : clients) {
        ::close(client);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::net
