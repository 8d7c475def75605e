#include "tests/handover/service_manager.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace chihaya::test {
namespace {

int bound(int type, std::uint16_t port) {
    const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port);
    if (::bind(socket, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) {
        ::close(socket);
        return -1;
    }
    return socket;
}

std::uint16_t port_of(int socket) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size);
    return ntohs(name.sin_port);
}

}  // namespace

NotifySocket::NotifySocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path().c_str(), sizeof name.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) {
        throw std::system_error(errno, std::generic_category(), "bind");
    }
}

NotifySocket::~NotifySocket() {
    ::close(socket_);
}

std::optional<std::string> NotifySocket::next(std::chrono::milliseconds patience) const {
    pollfd one{socket_, POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(patience.count())) != 1) {
        return std::nullopt;
    }
    std::array<char, 4096> room{};
    const auto size = ::recv(socket_, room.data(), room.size(), 0);
    return std::string(room.data(), static_cast<std::size_t>(size > 0 ? size : 0));
}

void NotifySocket::fill() const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path().c_str(), sizeof name.sun_path - 1);
    const int out = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    while (::sendto(out, "x", 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&name),
                    sizeof name) == 1) {
    }
    ::close(out);
}

std::string NotifySocket::expect(const std::string& words,
                                 std::chrono::milliseconds patience) const {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + patience;
    std::string seen;
    while (Clock::now() < until) {
        const auto message = next(std::chrono::milliseconds(100));
        if (message && message->find(words) != std::string::npos) {
            return *message;
        }
        seen += message ? *message + '\n' : "";
    }
    throw std::runtime_error("nobody said " + words + ", but:\n" + seen);
}

PassedSockets::PassedSockets() {
    while (udp_ < 0) {  // a port that is free for both
        tcp_ = bound(SOCK_STREAM, 0);
        port_ = port_of(tcp_);
        udp_ = bound(SOCK_DGRAM, port_);
        if (udp_ < 0) {
            ::close(tcp_);
        }
    }
    if (::listen(tcp_, 128) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
}

PassedSockets::~PassedSockets() {
    ::close(tcp_);
    ::close(udp_);
}

}  // namespace chihaya::test
