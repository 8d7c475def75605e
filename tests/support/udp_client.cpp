#include "tests/support/udp_client.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace chihaya::test {
namespace {

constexpr std::size_t id_size = 8;
constexpr std::size_t connect_reply_size = 16;

[[noreturn]] void complain(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// A socket address as bytes.
std::string socket_address(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) {
        throw std::runtime_error(host + ": " + ::gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    return {reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen};
}

const sockaddr* generic(const std::string& address) {
    return reinterpret_cast<const sockaddr*>(address.data());
}

int family_of(const std::string& address) {
    return generic(address)->sa_family;
}

/// An address without its port. The rest of a socket address is the system's own business.
std::string address_of(const sockaddr* name) {
    if (name->sa_family == AF_INET6) {
        sockaddr_in6 in6{};
        std::memcpy(&in6, name, sizeof in6);
        return {reinterpret_cast<const char*>(&in6.sin6_addr), sizeof in6.sin6_addr};
    }
    sockaddr_in in4{};
    std::memcpy(&in4, name, sizeof in4);
    return {reinterpret_cast<const char*>(&in4.sin_addr), sizeof in4.sin_addr};
}

/// As people write it, for messages.
std::string text_of(const sockaddr* name) {
    std::array<char, NI_MAXHOST> text{};
    ::getnameinfo(name, name->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in),
                  text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return text.data();
}

std::uint16_t port_of(const sockaddr* name) {
    sockaddr_in in4{};  // sin6_port lies where sin_port does
    std::memcpy(&in4, name, sizeof in4);
    return ntohs(in4.sin_port);
}

/// Differs from those of all other calls, so that no late reply is taken for another's.
std::uint32_t next_transaction() {
    static std::atomic<std::uint32_t> last{0x7e570000};
    return ++last;
}

}  // namespace

UdpClient::UdpClient(std::uint16_t port, const std::string& host, const UdpOrigin& origin,
                     Milliseconds patience)
    : server_(socket_address(host, port)), patience_(patience) {
    const bool is_ipv6 = family_of(server_) == AF_INET6;
    const std::string own = socket_address(
        !origin.address.empty() ? origin.address : (is_ipv6 ? "::1" : "127.0.0.1"), origin.port);
    socket_ = ::socket(family_of(server_), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::bind(socket_, generic(own), static_cast<socklen_t>(own.size())) != 0) {
        const int error = errno;
        ::close(socket_);
        throw std::system_error(error, std::generic_category(), "bind to " + origin.address);
    }
}

UdpClient::~UdpClient() {
    ::close(socket_);
}

void UdpClient::send(std::string_view datagram) const {
    if (::sendto(socket_, datagram.data(), datagram.size(), 0, generic(server_),
                 static_cast<socklen_t>(server_.size())) < 0) {
        complain("send");
    }
}

std::string UdpClient::receive() const {
    for (;;) {
        pollfd watched{socket_, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(patience_.count())) <= 0) {
            throw std::runtime_error("no reply in time");
        }
        std::array<char, std::size_t{64} * 1024> buffer;  // NOLINT(*-member-init): filled here
        sockaddr_storage name{};
        socklen_t name_size = sizeof name;
        auto* const from = reinterpret_cast<sockaddr*>(&name);
        const ssize_t size = ::recvfrom(socket_, buffer.data(), buffer.size(), 0, from, &name_size);
        if (size < 0) {
            complain("receive");
        }
        if (port_of(from) != port_of(generic(server_))) {
            continue;  // another tracker's reply to whoever had this socket's port before
        }
        if (address_of(from) != address_of(generic(server_))) {
            throw std::runtime_error("a reply from " + text_of(from) + ", where " +
                                     text_of(generic(server_)) + " was asked");
        }
        return {buffer.data(), static_cast<std::size_t>(size)};
    }
}

bool UdpClient::has_more() const {
    pollfd watched{socket_, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
}

std::string UdpClient::ask(std::string_view datagram) const {
    send(datagram);
    return receive();
}

std::string UdpClient::connect() const {
    const std::uint32_t transaction = next_transaction();
    const std::string reply = ask(connect_packet(transaction));
    if (reply.size() != connect_reply_size ||
        !reply.starts_with(big_endian(std::uint32_t{0}) + big_endian(transaction))) {
        throw std::runtime_error("not the reply to a connect request");
    }
    return reply.substr(id_size);
}

bool UdpClient::is_ignored(std::string_view datagram) const {
    send(datagram);
    const std::uint32_t transaction = next_transaction();
    send(connect_packet(transaction));
    const std::string expected = big_endian(std::uint32_t{0}) + big_endian(transaction);
    if (receive().starts_with(expected)) {
        return true;
    }
    while (!receive().starts_with(expected)) {  // leaves nothing behind for the next question
    }
    return false;
}

std::uint16_t UdpClient::port() const {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    auto* const name = reinterpret_cast<sockaddr*>(&own);
    ::getsockname(socket_, name, &size);
    return port_of(name);
}

std::string connect_packet(std::uint32_t transaction) {
    return big_endian(std::uint64_t{0x41727101980}) + big_endian(std::uint32_t{0}) +
           big_endian(transaction);
}

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        bytes += static_cast<char>(number >> (shift - 8) & 0xffU);
    }
    return bytes;
}

std::string big_endian(std::uint64_t number) {
    return big_endian(static_cast<std::uint32_t>(number >> 32U)) +
           big_endian(static_cast<std::uint32_t>(number));
}

}  // namespace chihaya::test
