#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace chihaya::test {
namespace {

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) {
        return false;
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (std::tolower(static_cast<unsigned char>(left[i])) !=
            std::tolower(static_cast<unsigned char>(right[i]))) {
            return false;
        }
    }
    return true;
}

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error("not a number: " + std::string(text));
    }
    return value;
}

int connect_to(const char* host, std::uint16_t port) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    const bool is_ipv4 = ::inet_pton(AF_INET, host, &ipv4.sin_addr) == 1;
    if (!is_ipv4 && ::inet_pton(AF_INET6, host, &ipv6.sin6_addr) != 1) {
        throw std::runtime_error("not an address: " + std::string(host));
    }
    const int socket = ::socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int connected =
        is_ipv4 ? ::connect(socket, reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4)
                : ::connect(socket, reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6);
    if (socket < 0 || connected != 0) {
        const int error = errno;
        ::close(socket);
        throw std::system_error(error, std::generic_category(),
                                std::string(host) + ':' + std::to_string(port));
    }
    return socket;
}

}  // namespace

std::optional<std::string> HttpReply::header(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
            std::string_view value = line.substr(colon + 1);
            value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
            return std::string(value);
        }
    }
    return std::nullopt;
}

TcpClient::TcpClient(std::uint16_t port, const char* host, Milliseconds patience)
    : socket_(connect_to(host, port)), patience_(patience) {}

TcpClient::~TcpClient() {
    ::close(socket_);
}

bool TcpClient::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void TcpClient::finish_sending() const {
    ::shutdown(socket_, SHUT_WR);
}

HttpReply TcpClient::read_reply(ReplyBody body) {
    constexpr std::string_view head_end = "\r\n\r\n";
    HttpReply reply;
    reply.head = read_through(head_end);
    reply.head.resize(reply.head.size() - head_end.size());
    if (reply.head.size() < 12 || !reply.head.starts_with("HTTP/1.")) {
        throw std::runtime_error("not a status line: " + reply.head);
    }
    reply.status = static_cast<int>(number(std::string_view(reply.head).substr(9, 3)));
    if (body == ReplyBody::none) {
        return reply;
    }
    const auto length = reply.header("Content-Length");
    reply.body = length ? read_exactly(number(*length)) : read_to_end();
    return reply;
}

std::string TcpClient::read_through(std::string_view end) {
    std::size_t at = received_.find(end);
    while (at == std::string::npos) {
        read_more();
        at = received_.find(end);
    }
    return read_exactly(at + end.size());
}

std::string TcpClient::read_exactly(std::size_t size) {
    while (received_.size() < size) {
        read_more();
    }
    std::string bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
}

std::string TcpClient::read_to_end() {
    while (!ended_) {
        if (read_some(patience_) == Read::nothing) {
            throw std::runtime_error("the connection is still open; so far: " + received_);
        }
    }
    return std::exchange(received_, {});
}

bool TcpClient::ends_within(Milliseconds patience) {
    while (!ended_) {
        if (read_some(patience) == Read::nothing) {
            return false;
        }
    }
    return true;
}

TcpClient::Read TcpClient::read_some(Milliseconds patience) {
    pollfd watched{socket_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(patience.count())) <= 0) {
        return Read::nothing;
    }
    std::array<char, std::size_t{16} * 1024> buffer{};
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) {  // a reset ends the connection as well
        ended_ = true;
        return Read::end;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(size));
    return Read::bytes;
}

void TcpClient::read_more() {
    switch (read_some(patience_)) {
        case Read::bytes:
            return;
        case Read::end:
            throw std::runtime_error("the connection ended within a reply; so far: " + received_);
        case Read::nothing:
            throw std::runtime_error("no answer in time; so far: " + received_);
    }
}

HttpReply http_get(std::uint16_t port, std::string_view target, std::string_view headers) {
    TcpClient client(port);
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" +
                std::string(headers) + "Connection: close\r\n\r\n");
    return client.read_reply();
}

}  // namespace chihaya::test
