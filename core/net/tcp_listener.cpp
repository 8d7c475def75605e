#include "core/net/tcp_listener.hpp"

#include "core/base/limits.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace chihaya::net {
namespace {

// As long as the kernel allows (net.core.somaxconn): a tracker that restarts meets its whole
// audience at once.
constexpr int backlog = 65'535;

// When descriptors have run out and none can be freed, accepting waits so long: the listener would
// stay readable and spin otherwise.
constexpr std::chrono::milliseconds out_of_descriptors_pause{100};

// How long the kernel holds back a connection whose client has not sent its request.
constexpr int defer_accept_seconds = 5;

}  // namespace

Result<BoundSocket> listen_tcp(const std::optional<IpAddress>& address, bool is_ipv6,
                               std::uint16_t port, bool first) {
    auto bound = bind_socket(Transport::tcp, address, is_ipv6, port, first);
    if (bound.has_error()) {
        return bound;
    }
#if defined(TCP_DEFER_ACCEPT)
    set_option(bound->socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_accept_seconds);
#endif
    set_option(bound->socket, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    if (::listen(bound->socket, backlog) != 0) {
        const std::string words = std::generic_category().message(errno);
        ::close(bound->socket);
        return Failure{"cannot listen on port " + std::to_string(bound->port) + ": " + words};
    }
    return bound;
}

TcpListener::TcpListener(WorkerLoop& loop, BoundSocket socket, void* subject, Accepted accepted,
                         Exhausted exhausted)
    : bound_(socket),
      descriptor_(loop.context(), socket.socket),
      subject_(subject),
      accepted_(accepted),
      exhausted_(exhausted),
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
    for (int i = 0; more && i < backlog; ++i) {
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

bool TcpListener::is_waited_for() noexcept {
    pollfd listening{descriptor_.native_handle(), POLLIN, 0};
    return ::poll(&listening, 1, 0) == 1;
}

/// False when there is none, and then errno says why.
bool TcpListener::accept_one() noexcept {
    SocketAddress from;
    from.size = sizeof from.name;
    const int socket = ::accept4(descriptor_.native_handle(), from.data(), &from.size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        const int reason = errno;
        if (reason == EMFILE || reason == ENFILE) {
            // The system says so before it looks whether anybody is there.
            if (!is_waited_for()) {
                errno = EAGAIN;
                return false;
            }
            const bool has_room = exhausted_(subject_);
            errno = reason;
            return has_room;
        }
        // The client gave up in the queue; the next one may not have.
        return reason == ECONNABORTED || reason == EINTR || reason == EPROTO;
    }
    accepted_(subject_, socket, ip_address_of(from.name));
    return true;
}

}  // namespace chihaya::net
