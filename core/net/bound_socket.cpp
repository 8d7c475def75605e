#include "core/net/bound_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace chihaya::net {
namespace {

// As long as the kernel allows (net.core.somaxconn): a tracker that restarts meets its whole
// audience at once.
constexpr int backlog = 65'535;

// How long the kernel holds back a connection whose client has not sent its request.
constexpr int defer_accept_seconds = 5;

int open_socket(Transport transport, bool is_ipv6) noexcept {
    const bool is_tcp = transport == Transport::tcp;
    const int socket = ::socket(is_ipv6 ? AF_INET6 : AF_INET,
                                (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                is_tcp ? IPPROTO_TCP : IPPROTO_UDP);
    if (socket >= 0) {
        if (is_tcp) {
            set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);  // past connections may linger
        }
        if (is_ipv6) {
            set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        }
    }
    return socket;
}

/// Each datagram is to say which of our addresses it was sent to; see `batch_io`. Asked for before
/// the first can arrive: of what waits already the system does not know any more.
void ask_for_addressed(int socket, bool is_ipv6) noexcept {
#if defined(__linux__)
    set_option(socket, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
               1);
#else
    static_cast<void>(socket);
    static_cast<void>(is_ipv6);
#endif
}

std::uint16_t bound_port(int socket) noexcept {
    SocketAddress bound;
    bound.size = sizeof bound.name;
    ::getsockname(socket, bound.data(), &bound.size);
    return port_of(bound.name);
}

std::string place(Transport transport, const std::optional<IpAddress>& address, bool is_ipv6,
                  std::uint16_t port) {
    const std::string host = address ? address->text() : (is_ipv6 ? "::" : "0.0.0.0");
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) +
           (transport == Transport::udp ? " (UDP)" : "");
}

}  // namespace

Result<BoundSocket> bind_socket(Transport transport, const std::optional<IpAddress>& address,
                                bool is_ipv6, std::uint16_t port, bool first) {
    const auto refuse = [&](int socket, const char* what) -> Failure {
        const int error = errno;
        if (socket >= 0) {
            ::close(socket);
        }
        std::string text = "cannot listen on " + place(transport, address, is_ipv6, port) + ": " +
                           what + ": " + std::generic_category().message(error);
        if (error == EADDRINUSE) {
            text += "; is another tracker running? stop it, or choose another address";
        } else if (error == EACCES) {
            text += "; ports below 1024 need a privilege: choose a higher one";
        } else if (error == EADDRNOTAVAIL) {
            text += "; this machine has no such address";
        }
        return {text};
    };

    const SocketAddress name = socket_address(address, is_ipv6, port);
    if (first && port != 0) {
        // Without SO_REUSEPORT a bind fails where another process listens; with it, that process
        // would silently share its clients with us.
        const int probe = open_socket(transport, is_ipv6);
        if (probe < 0 || ::bind(probe, name.data(), name.size) != 0) {
            return refuse(probe, "bind");
        }
        ::close(probe);
    }
    const int socket = open_socket(transport, is_ipv6);
    if (socket < 0) {
        return refuse(socket, "socket");
    }
    set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    if (transport == Transport::udp && !address) {
        ask_for_addressed(socket, is_ipv6);
    }
    if (::bind(socket, name.data(), name.size) != 0) {
        return refuse(socket, "bind");
    }
    return BoundSocket{.socket = socket,
                       .is_ipv6 = is_ipv6,
                       .port = bound_port(socket),
                       .address = address,
                       .asked_port = port};
}

bool prepare_socket(Transport transport, const BoundSocket& bound) noexcept {
    if (transport == Transport::udp) {
        if (!bound.address) {
            ask_for_addressed(bound.socket, bound.is_ipv6);
        }
        return true;
    }
#if defined(TCP_DEFER_ACCEPT)
    set_option(bound.socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_accept_seconds);
#endif
    set_option(bound.socket, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    return ::listen(bound.socket, backlog) == 0;
}

bool has_ipv6() noexcept {
    const SocketAddress name = socket_address(std::nullopt, true, 0);
    const int probe = open_socket(Transport::tcp, true);
    const bool is_bound = probe >= 0 && ::bind(probe, name.data(), name.size) == 0;
    const int error = errno;
    if (probe >= 0) {
        ::close(probe);
    }
    return is_bound || (error != EAFNOSUPPORT && error != EADDRNOTAVAIL);
}

SocketAddress socket_address(const std::optional<IpAddress>& address, bool is_ipv6,
                             std::uint16_t port) noexcept {
    SocketAddress out;
    if (is_ipv6) {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        if (address) {
            std::memcpy(&in6.sin6_addr, address->bytes.data(), sizeof in6.sin6_addr);
        }
        out.size = sizeof in6;
        std::memcpy(&out.name, &in6, sizeof in6);
        return out;
    }
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    if (address) {
        std::memcpy(&in4.sin_addr, address->ipv4().data(), sizeof in4.sin_addr);
    }
    out.size = sizeof in4;
    std::memcpy(&out.name, &in4, sizeof in4);
    return out;
}

IpAddress ip_address_of(const sockaddr_storage& name) noexcept {
    if (name.ss_family == AF_INET6) {
        sockaddr_in6 in6{};
        std::memcpy(&in6, &name, sizeof in6);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
        return IpAddress::from_ipv6(bytes);
    }
    sockaddr_in in4{};
    std::memcpy(&in4, &name, sizeof in4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in4.sin_addr, bytes.size());
    return IpAddress::from_ipv4(bytes);
}

std::uint16_t port_of(const sockaddr_storage& name) noexcept {
    // sin6_port lies where sin_port does.
    sockaddr_in in4{};
    std::memcpy(&in4, &name, sizeof in4);
    return ntohs(in4.sin_port);
}

void set_option(int socket, int level, int name, int value) noexcept {
    ::setsockopt(socket, level, name, &value, sizeof value);
}

}  // namespace chihaya::net
