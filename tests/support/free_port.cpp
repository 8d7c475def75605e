#include "tests/support/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>

namespace chihaya::test {
namespace {

constexpr int tries_max = 100;

/// Binds a port of 127.0.0.1 that the system chooses. Returns: its number
std::uint16_t bind_any(int socket) {
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        ::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0) {
        throw std::system_error(errno, std::generic_category(), "a free port");
    }
    return ntohs(address.sin_port);
}

bool is_free_for_udp(std::uint16_t port) {
    sockaddr_in every{};
    every.sin_family = AF_INET;
    every.sin_port = htons(port);
    const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is_free =
        ::bind(probe, reinterpret_cast<const sockaddr*>(&every), sizeof every) == 0;
    ::close(probe);
    return is_free;
}

}  // namespace

FreePort::FreePort() {
    for (int tries = 0; tries < tries_max; ++tries) {
        ::close(socket_);
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        number_ = bind_any(socket_);
        if (is_free_for_udp(number_)) {
            return;
        }
    }
    throw std::system_error(EADDRINUSE, std::generic_category(), "a port free for UDP");
}

FreePort::~FreePort() {
    ::close(socket_);
}

bool lacks_ipv6() {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_there = probe >= 0 && ::bind(probe, reinterpret_cast<const sockaddr*>(&address),
                                               sizeof address) == 0;
    if (probe >= 0) {
        ::close(probe);
    }
    if (!is_there) {
        std::cout << "skipped: this machine has no IPv6 loopback address\n";
    }
    return !is_there;
}

}  // namespace chihaya::test
