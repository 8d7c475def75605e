#include "core/net/tcp_stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

namespace chihaya::net {

TcpStream::~TcpStream() {
    close();
}

void TcpStream::open(int socket, bool is_ipv6) noexcept {
    socket_ = socket;
    is_ipv6_ = is_ipv6;
}

Transfer TcpStream::read(std::span<char> into, std::size_t& count) noexcept {
    count = 0;
    for (;;) {
        const auto got = ::recv(socket_, into.data(), into.size(), 0);
        if (got >= 0) {
            count = static_cast<std::size_t>(got);
            return Transfer::done;
        }
        if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK ? Transfer::would_block
                                                           : Transfer::broken;
        }
    }
}

Transfer TcpStream::write(std::span<const char> bytes, std::size_t& count) noexcept {
    count = 0;
    for (;;) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
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

bool TcpStream::join_loop() noexcept {
    if (joined_.has_value()) {
        return true;
    }
    try {
        using boost::asio::ip::tcp;
        joined_.emplace(loop_.context());
        boost::system::error_code error;
        joined_->assign(is_ipv6_ ? tcp::v6() : tcp::v4(), socket_, error);
        if (error) {
            joined_.reset();
        }
        return !error;
    } catch (const std::exception&) {
        joined_.reset();
        return false;
    }
}

bool TcpStream::wait(Socket::wait_type type, HandlerMemory& memory, bool& armed,
                     Ready ready) noexcept {
    if (armed) {
        return true;
    }
    if (!join_loop()) {
        return false;
    }
    try {
        joined_->async_wait(
            type, MemoryHandler(memory, [this, &armed, ready](boost::system::error_code error) {
                armed = false;
                --waits_;
                ready(subject_, bool{error});
            }));
    } catch (const std::exception&) {
        return false;
    }
    armed = true;
    ++waits_;
    return true;
}

bool TcpStream::wait_readable() noexcept {
    return wait(Socket::wait_read, read_memory_, read_armed_, readable_);
}

bool TcpStream::wait_writable() noexcept {
    return wait(Socket::wait_write, write_memory_, write_armed_, writable_);
}

void TcpStream::finish_writing() noexcept {
    ::shutdown(socket_, SHUT_WR);
}

void TcpStream::close() noexcept {
    if (socket_ < 0) {
        return;
    }
    if (joined_.has_value()) {
        boost::system::error_code ignored;
        joined_->close(ignored);
        joined_.reset();
    } else {
        ::close(socket_);
    }
    socket_ = -1;
}

}  // namespace chihaya::net
