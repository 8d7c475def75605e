#include "core/net/tcp_stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace chihaya::net {
namespace {

#if defined(MSG_MORE)
constexpr int hold_back = MSG_MORE;
#else
constexpr int hold_back = 0;
#endif

}  // namespace

TcpStream::~TcpStream() {
    close();
}

void TcpStream::open(int socket) noexcept {
    socket_ = socket;
    is_watched_ = false;
    awaits_read_ = false;
    awaits_write_ = false;
    may_be_readable_ = false;
    is_over_ = false;
    holds_back_ = false;
}

Transfer TcpStream::read(std::span<char> into, std::size_t& count) noexcept {
    count = 0;
    awaits_read_ = false;
    for (;;) {
        const auto got = ::recv(socket_, into.data(), into.size(), 0);
        if (got >= 0) {
            count = static_cast<std::size_t>(got);
            // Less than there is room for: that was all, but for the end of the stream.
            may_be_readable_ = count == into.size() || is_over_;
            return Transfer::done;
        }
        if (errno != EINTR) {
            const bool is_empty = errno == EAGAIN || errno == EWOULDBLOCK;
            may_be_readable_ = false;
            return is_empty ? Transfer::would_block : Transfer::broken;
        }
    }
}

Transfer TcpStream::write(std::span<const char> bytes, std::size_t& count,
                          bool end_follows) noexcept {
    count = 0;
    holds_back_ = end_follows;
    const int flags = MSG_NOSIGNAL | (end_follows ? hold_back : 0);
    for (;;) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), flags);
        if (sent >= 0) {
            count = static_cast<std::size_t>(sent);
            return Transfer::done;
        }
        if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK ? Transfer::would_block
                                                           : Transfer::broken;
        }
    }
}

bool TcpStream::wait_readable() noexcept {
    awaits_read_ = true;
    return (is_watched_ && !may_be_readable_) || ask();
}

bool TcpStream::wait_writable() noexcept {
    awaits_write_ = true;
    return ask();
}

bool TcpStream::ask() noexcept {
    may_be_readable_ = false;  // if it is, the watch will say so
    const bool known = std::exchange(is_watched_, true);
    return watch_.ask(socket_, *this, known, awaits_write_);
}

void TcpStream::finish_writing() noexcept {
    holds_back_ = false;
    ::shutdown(socket_, SHUT_WR);
}

void TcpStream::close() noexcept {
    if (socket_ >= 0) {
        if (holds_back_) {
            finish_writing();  // if there is input unread, closing resets, and it would be lost
        }
        ::close(socket_);
        socket_ = -1;
        awaits_read_ = false;
        awaits_write_ = false;
    }
}

int TcpStream::release() noexcept {
    if (is_watched_) {
        watch_.forget(socket_);
    }
    awaits_read_ = false;
    awaits_write_ = false;
    holds_back_ = false;
    return std::exchange(socket_, -1);
}

void TcpStream::notice(Notice seen) noexcept {
    is_over_ = is_over_ || seen.over;
    may_be_readable_ = may_be_readable_ || seen.readable;
    if (seen.writable && std::exchange(awaits_write_, false)) {
        writable_(subject_);
    }
    if (seen.readable && std::exchange(awaits_read_, false)) {
        readable_(subject_);
    }
}

}  // namespace chihaya::net
