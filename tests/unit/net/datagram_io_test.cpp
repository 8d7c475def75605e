#include "core/net/datagram_io.hpp"

#include "core/base/limits.hpp"
#include "tests/support/free_port.hpp"

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::net {
namespace {

// How many datagrams the system still takes before its buffer is full; none: it is never full.
// Over loopback a buffer empties as fast as it fills.
std::optional<int> taken_before_full;

enum class Kind { batch, single };

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(const Datagram& datagram) {
    return {datagram.bytes.begin(), datagram.bytes.end()};
}

/// A client's socket on loopback.
class Client {
public:
    explicit Client(bool is_ipv6 = false)
        : is_ipv6_(is_ipv6), socket_(::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
        const SocketAddress own = socket_address(loopback(), is_ipv6_, 0);
        REQUIRE(::bind(socket_, own.data(), own.size) == 0);
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] IpAddress loopback() const {
        return *IpAddress::parse(is_ipv6_ ? "::1" : "127.0.0.1");
    }
    [[nodiscard]] std::uint16_t port() const {
        SocketAddress own;
        own.size = sizeof own.name;
        ::getsockname(socket_, own.data(), &own.size);
        return port_of(own.name);
    }
    void send(std::uint16_t port, std::string_view text, std::string_view host = "") const {
        const IpAddress to = host.empty() ? loopback() : *IpAddress::parse(host);
        const SocketAddress name = socket_address(to, is_ipv6_, port);
        REQUIRE(::sendto(socket_, text.data(), text.size(), 0, name.data(), name.size) ==
                static_cast<ssize_t>(text.size()));
    }
    /// What comes next, and from whom; empty when nothing has come.
    [[nodiscard]] std::string receive(IpAddress* from = nullptr) const {
        std::array<char, 4096> buffer{};
        SocketAddress name;
        name.size = sizeof name.name;
        const ssize_t size = ::recvfrom(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT,
                                        name.data(), &name.size);
        if (from != nullptr) {
            *from = ip_address_of(name.name);
        }
        return size < 0 ? std::string()
                        : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

private:
    bool is_ipv6_;
    int socket_;
};

/// A bound socket, read and written in one of the two ways.
class Server {
public:
    explicit Server(Kind kind, const char* address = "127.0.0.1", bool is_ipv6 = false)
        : socket_(context_) {
        const auto bound = bind_socket(
            Transport::udp,
            address == nullptr ? std::nullopt : std::optional(*IpAddress::parse(address)), is_ipv6,
            0, true);
        REQUIRE(bound.has_value());
        port = bound->port;
        socket_.assign(is_ipv6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4(),
                       bound->socket);
        socket_.non_blocking(true);
        io = kind == Kind::batch ? batch_io(*bound) : single_io(socket_);
        REQUIRE(io != nullptr);
    }

    /// Waits until something can be read. Loopback delivers at once, but who knows.
    void wait() {
        pollfd watched{socket_.native_handle(), POLLIN, 0};
        REQUIRE(::poll(&watched, 1, 10'000) == 1);
    }

    std::uint16_t port = 0;

private:
    boost::asio::io_context context_;
    boost::asio::ip::udp::socket socket_;

public:
    std::unique_ptr<DatagramIo> io;
};

std::vector<Kind> kinds() {
#if defined(__linux__)
    return {Kind::batch, Kind::single};
#else
    return {Kind::single};
#endif
}

}  // namespace
}  // namespace chihaya::net

#if defined(__linux__)
/// In the place of the C library's, so that a full buffer can be had.
extern "C" int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
    auto& left = chihaya::net::taken_before_full;
    if (left) {
        if (*left == 0) {
            errno = EAGAIN;
            return -1;
        }
        count = std::min(count, static_cast<unsigned>(*left));
        *left -= static_cast<int>(count);
    }
    return static_cast<int>(::syscall(SYS_sendmmsg, socket, messages, count, flags));
}
#endif

namespace chihaya::net {

TEST_SUITE_BEGIN("datagram io");

TEST_CASE("where nothing waits nothing is received") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        CHECK(server.io->receive().empty());
        CHECK(server.io->receive().empty());
    }
}

TEST_CASE("datagrams come in their order with their sender") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        const Client one;
        const Client two;
        one.send(server.port, "first");
        two.send(server.port, "");
        one.send(server.port, "third");
        server.wait();
        const auto datagrams = server.io->receive();
        REQUIRE(datagrams.size() == 3);
        CHECK(text_of(datagrams[0]) == "first");
        CHECK(text_of(datagrams[1]).empty());
        CHECK(text_of(datagrams[2]) == "third");
        CHECK(datagrams[0].path.client == one.loopback());
        CHECK(datagrams[0].path.port == one.port());
        CHECK(datagrams[1].path.port == two.port());
        CHECK(datagrams[2].path.port == one.port());
    }
}

TEST_CASE("an IPv6 sender is known with its port") {
    if (test::lacks_ipv6()) {
        return;
    }
    for (const Kind kind : kinds()) {
        Server server(kind, "::1", true);
        const Client client(true);
        client.send(server.port, "hello");
        server.wait();
        const auto datagrams = server.io->receive();
        REQUIRE(datagrams.size() == 1);
        CHECK(datagrams[0].path.client == client.loopback());
        CHECK(datagrams[0].path.port == client.port());
        CHECK(server.io->send(std::array{OutgoingDatagram{bytes_of("back"), &datagrams[0].path}}) ==
              0);
        CHECK(client.receive() == "back");
    }
}

TEST_CASE("a batch is all there is room for and the next one has the rest") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        const Client client;
        for (int i = 0; i < 100; ++i) {
            client.send(server.port, std::to_string(i));
        }
        server.wait();
        int next = 0;
        for (const std::size_t expected : {limits::udp_batch, 100 - limits::udp_batch}) {
            const auto datagrams = server.io->receive();
            REQUIRE(datagrams.size() == expected);
            for (const Datagram& datagram : datagrams) {
                CHECK(text_of(datagram) == std::to_string(next++));
            }
        }
        CHECK(server.io->receive().empty());
    }
}

TEST_CASE("a datagram that is too long comes empty and the ones beside it whole") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        const Client client;
        const std::string longest(limits::udp_datagram_max, 'x');
        for (int round = 0; round < 2; ++round) {  // the second into buffers that have been used
            client.send(server.port, longest + 'y');
            client.send(server.port, longest);
            client.send(server.port, std::string(60'000, 'y'));
            client.send(server.port, "short");
            server.wait();
            const auto datagrams = server.io->receive();
            REQUIRE(datagrams.size() == 4);
            CHECK(datagrams[0].bytes.empty());
            CHECK(text_of(datagrams[1]) == longest);
            CHECK(datagrams[2].bytes.empty());
            CHECK(text_of(datagrams[3]) == "short");
            CHECK(datagrams[0].path.port == client.port());
        }
    }
}

TEST_CASE("a batch of replies goes to each client what is its own") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        std::vector<std::unique_ptr<Client>> clients;
        for (std::size_t i = 0; i < limits::udp_batch; ++i) {
            clients.push_back(std::make_unique<Client>());
            clients.back()->send(server.port, "ask");
        }
        server.wait();
        const auto datagrams = server.io->receive();
        REQUIRE(datagrams.size() == limits::udp_batch);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < limits::udp_batch; ++i) {
            texts.push_back("reply to " + std::to_string(datagrams[i].path.port));
        }
        std::vector<OutgoingDatagram> replies;
        for (std::size_t i = 0; i < limits::udp_batch; ++i) {
            replies.push_back({bytes_of(texts[i]), &datagrams[i].path});
        }
        CHECK(server.io->send(replies) == 0);
        for (const auto& client : clients) {
            CHECK(client->receive() == "reply to " + std::to_string(client->port()));
        }
    }
}

TEST_CASE("a reply that cannot be sent is dropped and the others go out") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        const Client client;
        UdpPath good{.client = client.loopback(), .ours = {}, .zone = 0, .port = client.port()};
        UdpPath broadcast = good;  // not without asking the system first
        broadcast.client = *IpAddress::parse("255.255.255.255");
        UdpPath portless = good;
        portless.port = 0;
        const std::array replies{OutgoingDatagram{bytes_of("0"), &broadcast},
                                 OutgoingDatagram{bytes_of("1"), &good},
                                 OutgoingDatagram{bytes_of("2"), &portless},
                                 OutgoingDatagram{bytes_of("3"), &broadcast},
                                 OutgoingDatagram{bytes_of("4"), &good},
                                 OutgoingDatagram{bytes_of("5"), &broadcast}};
        CHECK(server.io->send(replies) == 4);
        CHECK(client.receive() == "1");
        CHECK(client.receive() == "4");
        CHECK(client.receive().empty());
    }
}

TEST_CASE("an error that came back of a reply hides nothing that has arrived") {
    for (const Kind kind : kinds()) {
        Server server(kind);
        const Client client;
        UdpPath nobody{.client = client.loopback(), .ours = {}, .zone = 0, .port = 0};
        nobody.port = Client().port();  // whose socket is gone by now
        for (int i = 0; i < 10; ++i) {
            static_cast<void>(
                server.io->send(std::array{OutgoingDatagram{bytes_of("gone"), &nobody}}));
            client.send(server.port, std::to_string(i));
            server.wait();
            const auto datagrams = server.io->receive();
            REQUIRE(datagrams.size() == 1);
            CHECK(text_of(datagrams[0]) == std::to_string(i));
        }
    }
}

#if defined(__linux__)
TEST_CASE("a socket for every address tells which was addressed and replies from it") {
    Server server(Kind::batch, nullptr);
    const Client client;
    for (const char* host : {"127.0.0.1", "127.0.0.5", "127.9.9.9"}) {
        client.send(server.port, host, host);
    }
    server.wait();
    const auto datagrams = server.io->receive();
    REQUIRE(datagrams.size() == 3);
    for (const Datagram& datagram : datagrams) {
        CHECK(datagram.path.ours.text() == text_of(datagram));
        CHECK(server.io->send(std::array{OutgoingDatagram{datagram.bytes, &datagram.path}}) == 0);
        IpAddress from;
        CHECK(client.receive(&from) == text_of(datagram));
        CHECK(from == datagram.path.ours);
    }
}

TEST_CASE("which address was addressed is known of what came before anybody read") {
    const auto bound = bind_socket(Transport::udp, std::nullopt, false, 0, true);
    REQUIRE(bound.has_value());
    const Client client;
    client.send(bound->port, "early", "127.0.0.5");
    const auto io = batch_io(*bound);
    const auto datagrams = io->receive();
    REQUIRE(datagrams.size() == 1);
    CHECK(datagrams[0].path.ours == *IpAddress::parse("127.0.0.5"));
    ::close(bound->socket);
}

TEST_CASE("what a full buffer does not take is dropped and counted and later replies go out") {
    Server server(Kind::batch);
    const Client client;
    const UdpPath path{.client = client.loopback(), .ours = {}, .zone = 0, .port = client.port()};
    const std::vector<OutgoingDatagram> replies(10, {bytes_of("reply"), &path});
    taken_before_full = 3;
    CHECK(server.io->send(replies) == 7);
    CHECK(server.io->send(replies) == 10);
    taken_before_full.reset();
    CHECK(server.io->send(replies) == 0);
    int came = 0;
    while (client.receive() == "reply") {
        ++came;
    }
    CHECK(came == 13);
}
#endif

TEST_SUITE_END();

}  // namespace chihaya::net
