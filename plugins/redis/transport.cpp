#include "plugins/redis/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace chihaya::redis {
namespace {

constexpr const char* closed_by_server = "closed by the server";

bool is_pending(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int tls_size(std::size_t size) noexcept {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

// A server's machine that has vanished is noticed without traffic, too.
void tune(int socket, int family) noexcept {
    if (family == AF_UNIX) {
        return;
    }
    const auto set = [socket](int level, int option, int value) {
        ::setsockopt(socket, level, option, &value, sizeof(value));
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

Transport::Progress Transport::fail(int error) {
    fault_ = std::generic_category().message(error);
    return Progress::failed;
}

Transport::Progress Transport::open(const Address& address, ssl_ctx_st* tls,
                                    const std::string& host) {
    close();
    socket_ = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        return fail(errno);
    }
    tune(socket_, address.family());
    if (tls != nullptr) {
        channel_ = make_tls_channel(*tls, socket_, host);
        if (channel_ == nullptr) {
            fault_ = "TLS: no channel for this host";
            return Progress::failed;
        }
    }
    wanted_ = Readiness::writable;
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
        0) {
        return proceed();
    }
    return errno == EINPROGRESS ? Progress::pending : fail(errno);
}

Transport::Progress Transport::proceed() {
    if (!connected_) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
            error = errno;
        }
        if (error != 0) {
            return fail(error);
        }
        connected_ = true;
    }
    return channel_ == nullptr ? Progress::done : proceed_with_tls();
}

Transport::Progress Transport::proceed_with_tls() {
    ERR_clear_error();
    errno = 0;
    return tls_result(SSL_do_handshake(channel_.get())).progress;
}

Transport::Io Transport::tls_result(int result) {
    if (result > 0) {
        return {Progress::done, static_cast<std::size_t>(result)};
    }
    switch (SSL_get_error(channel_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            wanted_ = Readiness::readable;
            return {};
        case SSL_ERROR_WANT_WRITE:
            wanted_ = Readiness::writable;
            return {};
        case SSL_ERROR_ZERO_RETURN:
            fault_ = closed_by_server;
            break;
        case SSL_ERROR_SYSCALL:
            fault_ = errno != 0 ? std::generic_category().message(errno) : closed_by_server;
            ERR_clear_error();
            break;
        default:
            fault_ = tls_fault(*channel_);
            break;
    }
    return {Progress::failed, 0};
}

Transport::Io Transport::read(std::span<char> into) {
    if (channel_ != nullptr) {
        ERR_clear_error();
        errno = 0;
        return tls_result(SSL_read(channel_.get(), into.data(), tls_size(into.size())));
    }
    const ssize_t got = ::recv(socket_, into.data(), into.size(), 0);
    if (got > 0) {
        return {Progress::done, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
        fault_ = closed_by_server;
        return {Progress::failed, 0};
    }
    return {is_pending(errno) ? Progress::pending : fail(errno), 0};
}

Transport::Io Transport::write(std::string_view bytes) {
    if (channel_ != nullptr) {
        ERR_clear_error();
        errno = 0;
        return tls_result(SSL_write(channel_.get(), bytes.data(), tls_size(bytes.size())));
    }
    const ssize_t put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) {
        return {Progress::done, static_cast<std::size_t>(put)};
    }
    return {is_pending(errno) ? Progress::pending : fail(errno), 0};
}

bool Transport::has_buffered() const noexcept {
    return channel_ != nullptr && SSL_has_pending(channel_.get()) == 1;
}

void Transport::close() noexcept {
    channel_.reset();
    if (socket_ >= 0) {
        ::close(socket_);
    }
    socket_ = -1;
    connected_ = false;
    fault_.clear();
}

}  // namespace chihaya::redis
