#include "core/net/tcp_listener.hpp"

#include "core/base/limits.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

namespace chihaya::net {
namespace {

// As long as the kernel allows (net.core.somaxconn): a tracker that restarts meets its whole
// audience at once.
constexpr int backlog = 65'535;

// When descriptors have run out, accepting waits so long: the listener would stay readable and
// spin otherwise.
constexpr std::chrono::milliseconds out_of_descriptors_pause{100};

// How long the kernel holds back a connection whose client has not sent its request.
constexpr int defer_accept_seconds = 5;

std::string system_words(int error) {
    return std::generic_category().message(error);
}

void set_option(int socket, int level, int name, int value) noexcept {
    ::setsockopt(socket, level, name, &value, sizeof value);
}

socklen_t fill_address(const std::optional<IpAddress>& address, bool is_ipv6, std::uint16_t port,
                       sockaddr_storage& out) noexcept {
    std::memset(&out, 0, sizeof out);
    if (is_ipv6) {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        if (address) {
            std::memcpy(&in6.sin6_addr, address->bytes.data(), sizeof in6.sin6_addr);
        }
        std::memcpy(&out, &in6, sizeof in6);
        return sizeof in6;
    }
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    if (address) {
        std::memcpy(&in4.sin_addr, address->ipv4().data(), sizeof in4.sin_addr);
    }
    std::memcpy(&out, &in4, sizeof in4);
    return sizeof in4;
}

int open_socket(bool is_ipv6) noexcept {
    const int socket = ::socket(is_ipv6 ? AF_INET6 : AF_INET,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (socket >= 0) {
        set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
        if (is_ipv6) {
            set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        }
    }
    return socket;
}

IpAddress address_of(const sockaddr_storage& from) noexcept {
    if (from.ss_family == AF_INET6) {
        sockaddr_in6 in6{};
        std::memcpy(&in6, &from, sizeof in6);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
        return IpAddress::from_ipv6(bytes);
    }
    sockaddr_in in4{};
    std::memcpy(&in4, &from, sizeof in4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in4.sin_addr, bytes.size());
    return IpAddress::from_ipv4(bytes);
}

std::uint16_t port_of(int socket) noexcept {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
    std::uint16_t port = 0;
    if (bound.ss_family == AF_INET6) {
        sockaddr_in6 in6{};
        std::memcpy(&in6, &bound, sizeof in6);
        port = ntohs(in6.sin6_port);
    } else {
        sockaddr_in in4{};
        std::memcpy(&in4, &bound, sizeof in4);
        port = ntohs(in4.sin_port);
    }
    return port;
}

}  // namespace

Result<ListeningSocket> listen_tcp(const std::optional<IpAddress>& address, bool is_ipv6,
                                   std::uint16_t port, bool first) {
    const std::string host = address ? address->text() : (is_ipv6 ? "::" : "0.0.0.0");
    const std::string where = (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    const auto refuse = [&](int socket, const char* what) -> Failure {
        const int error = errno;
        if (socket >= 0) {
            ::close(socket);
        }
        std::string text = "cannot listen on " + where + ": " + what + ": " + system_words(error);
        if (error == EADDRINUSE) {
            text += "; is another tracker running? stop it, or choose another address";
        } else if (error == EACCES) {
            text += "; ports below 1024 need a privilege: choose a higher one";
        } else if (error == EADDRNOTAVAIL) {
            text += "; this machine has no such address";
        }
        return {text};
    };

    sockaddr_storage name{};
    const socklen_t size = fill_address(address, is_ipv6, port, name);
    const auto* const bound = reinterpret_cast<const sockaddr*>(&name);
    if (first && port != 0) {
        // Without SO_REUSEPORT a bind fails where another process listens; with it, that process
        // would silently share its clients with us.
        const int probe = open_socket(is_ipv6);
        if (probe < 0 || ::bind(probe, bound, size) != 0) {
            return refuse(probe, "bind");
        }
        ::close(probe);
    }
    const int socket = open_socket(is_ipv6);
    if (socket < 0) {
        return refuse(socket, "socket");
    }
    set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
#if defined(TCP_DEFER_ACCEPT)
    set_option(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_accept_seconds);
#endif
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    if (::bind(socket, bound, size) != 0) {
        return refuse(socket, "bind");
    }
    if (::listen(socket, backlog) != 0) {
        return refuse(socket, "listen");
    }
    return ListeningSocket{socket, is_ipv6, port_of(socket)};
}

TcpListener::TcpListener(WorkerLoop& loop, ListeningSocket socket, void* subject, Accepted accepted)
    : descriptor_(loop.context(), socket.socket),
      is_ipv6_(socket.is_ipv6),
      subject_(subject),
      accepted_(accepted),
      alive_(std::make_shared<bool>(true)),
      pause_(loop.context()) {}

TcpListener::~TcpListener() {
    close();
}

void TcpListener::start() {
    wait();
}

void TcpListener::finish() noexcept {
    bool more = *alive_;
    for (std::uint32_t i = 0; more && i < limits::accepts_per_turn_max; ++i) {
        more = accept_one();
    }
    close();
}

void TcpListener::close() noexcept {
    *alive_ = false;
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    pause_.cancel();
}

void TcpListener::wait() {
    descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this, alive = alive_](boost::system::error_code error) {
                               if (!error && *alive) {
                                   accept_some();
                               }
                           });
}

void TcpListener::accept_some() noexcept {
    bool more = true;
    for (std::uint32_t i = 0; more && i < limits::accepts_per_turn_max; ++i) {
        more = accept_one();
    }
    const bool exhausted =
        !more && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    try {
        if (!exhausted) {
            wait();
            return;
        }
        pause_.expires_after(out_of_descriptors_pause);
        pause_.async_wait([this, alive = alive_](boost::system::error_code error) {
            if (!error && *alive) {
                wait();
            }
        });
    } catch (const std::exception&) {
        close();  // out of memory for a single handler: nothing can be served any more
    }
}

/// False when there is none, and then errno says why.
bool TcpListener::accept_one() noexcept {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int socket = ::accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&from),
                                 &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        // The client gave up in the queue; the next one may not have.
        return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
    }
    accepted_(subject_, socket, address_of(from), is_ipv6_);
    return true;
}

}  // namespace chihaya::net
