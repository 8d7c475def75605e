#include "core/net/tcp_listener.hpp"

#include "core/base/limits.hpp"

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

// Bounds what a stopping listener takes: as long as the kernel's queue may be.
constexpr int last_accepts_max = 65'535;

// When descriptors have run out and none can be freed, accepting waits so long: the listener would
// stay readable and spin otherwise.
constexpr std::chrono::milliseconds out_of_descriptors_pause{100};

}  // namespace

Result<BoundSocket> listen_tcp(const std::optional<IpAddress>& address, bool is_ipv6,
                               std::uint16_t port, bool first) {
    auto bound = bind_socket(Transport::tcp, address, is_ipv6, port, first);
    if (bound.has_error()) {
        return bound;
    }
    if (!prepare_socket(Transport::tcp, *bound)) {
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
    rests_ = false;
    wait();
}

void TcpListener::finish() noexcept {
    bool more = *alive_ && !bound_.stays_open && !rests_;
    for (int i = 0; more && i < last_accepts_max; ++i) {
        more = accept_one();
    }
    close();
}

void TcpListener::close() noexcept {
    *alive_ = false;
    if (bound_.was_given && descriptor_.is_open()) {
        resume();  // others may go on with it
    }
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    pause_.cancel();
}

bool TcpListener::is_crowded() const noexcept {
#if defined(TCP_INFO)
    tcp_info info{};
    socklen_t size = sizeof info;
    // Of a listening socket: how many wait, and how many may.
    return ::getsockopt(bound_.socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_unacked * 4 >= info.tcpi_sacked * 3 && info.tcpi_sacked != 0;
#else
    return false;
#endif
}

void TcpListener::wait() {
    if (waits_) {
        return;
    }
    waits_ = true;
    descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this, alive = alive_](boost::system::error_code error) {
                               if (error || !*alive) {
                                   return;
                               }
                               waits_ = false;
                               if (!rests_) {
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
