/// @file floor_epoll.cpp
/// The least that an HTTP server on epoll can do: one answer to everything, no parsing.
/// floor_epoll PORT [close]

#include "tests/bench/floors/constant_answer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>

namespace chihaya::bench {
namespace {

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int listen_on_loopback(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    const auto* address = reinterpret_cast<const sockaddr*>(&local);
    if (::bind(fd, address, sizeof local) != 0 || ::listen(fd, SOMAXCONN) != 0)
        return -1;
    return fd;
}

void accept_all(int epoll, int listener) {
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, fd);
    }
}

/// A request comes whole in one segment here: there is nothing to wait for.
void serve(int fd, const std::string& answer, bool close) {
    std::array<char, 4096> request{};
    const ssize_t got = ::recv(fd, request.data(), request.size(), 0);
    if (got > 0 && ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) > 0 && !close)
        return;
    ::close(fd);
}

int run(std::uint16_t port, bool close) {
    const int listener = listen_on_loopback(port);
    if (listener < 0) {
        std::cerr << "floor_epoll: cannot listen on 127.0.0.1:" << port << "\n";
        return 1;
    }
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    const std::string answer = constant_head(close) + constant_body();
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
            if (fd == listener)
                accept_all(epoll, listener);
            else
                serve(fd, answer, close);
        }
    }
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    const auto arguments = chihaya::bench::floor_arguments({argv, static_cast<std::size_t>(argc)});
    return arguments ? chihaya::bench::run(arguments->port, arguments->close) : 64;
}
