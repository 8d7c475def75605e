#include "tests/bench/load/soak_loop.hpp"

#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/http_reply.hpp"
#include "tests/bench/load/population.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace chihaya::bench {
namespace {

constexpr std::size_t input_max = 16'384;
constexpr std::uint64_t timeout = 15'000'000'000;
constexpr std::uint64_t sweep_pause = 100'000'000;
constexpr std::size_t wrong_kinds_max = 20;

}  // namespace

SoakLoop::SoakLoop(const SoakOptions& options, SoakPeers& peers)
    : options_(options),
      peers_(peers),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(options.connections),
      output_(request_size_max) {
    for (Connection& connection : connections_)
        connection.input.resize(input_max);
}

SoakLoop::~SoakLoop() {
    for (Connection& connection : connections_) {
        if (connection.fd >= 0)
            ::close(connection.fd);
    }
    ::close(epoll_);
}

bool SoakLoop::turn(int milliseconds) {
    now_ = nanoseconds();
    if (now_ - swept_ >= sweep_pause)
        sweep();
    std::array<epoll_event, 64> events{};
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    for (int i = 0; i < ready; ++i) {
        now_ = nanoseconds();
        receive(*static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr));
    }
    return std::any_of(connections_.begin(), connections_.end(),
                       [](const Connection& c) { return c.fd >= 0; }) ||
           peers_.has_next();
}

/// Takes up what is idle, which a tracker that is gone leaves everything; and ends what waits for
/// too long.
void SoakLoop::sweep() {
    swept_ = now_;
    for (Connection& connection : connections_) {
        if (connection.fd >= 0 && now_ - connection.since > timeout)
            drop(connection);
        if (connection.fd < 0)
            ask(connection);
    }
}

void SoakLoop::ask(Connection& connection) {
    connection.peer = peers_.next();
    if (connection.peer < 0) {
        drop(connection);
        return;
    }
    connection.since = now_;
    if (connection.fd < 0 && !open(connection)) {
        ++counts_.broken;
        drop(connection);
        return;
    }
    const std::size_t size =
        peers_.write(static_cast<std::uint32_t>(connection.peer), output_.data());
    const ssize_t sent = ::send(connection.fd, output_.data(), size, MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(size))
        drop(connection);
}

bool SoakLoop::open(Connection& connection) const {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection.fd < 0)
        return false;
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(options_.port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    if (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
        return false;
    connection.size = 0;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) == 0;
}

void SoakLoop::receive(Connection& connection) {
    if (connection.fd < 0)
        return;
    const ssize_t got = ::recv(connection.fd, connection.input.data() + connection.size,
                               connection.input.size() - connection.size, MSG_DONTWAIT);
    if (got <= 0 || connection.peer < 0) {
        drop(connection);
        return;
    }
    connection.size += static_cast<std::size_t>(got);
    const std::string_view input(connection.input.data(), connection.size);
    const Head head = read_head(input);
    if (head.fault != Fault::none || connection.size == connection.input.size()) {
        ++counts_.wrong["not an answer of HTTP"];
        drop(connection);
        return;
    }
    if (!head.complete || input.size() < head.size + head.body)
        return;
    take(connection, input.substr(head.size, head.body));
    connection.size = 0;
    if (head.close)
        drop(connection);
    else if (connection.fd >= 0)
        ask(connection);
}

void SoakLoop::take(Connection& connection, std::string_view body) {
    const auto peer = static_cast<std::uint32_t>(connection.peer);
    constexpr std::string_view failure = "d14:failure reason";
    if (!body.starts_with(failure)) {
        connection.peer = -1;
        ++counts_.answered;
        peers_.answered(peer, now_);
        return;
    }
    if (body.find("temporarily unavailable") != std::string_view::npos)
        ++counts_.refused;
    else if (counts_.wrong.size() < wrong_kinds_max)
        ++counts_.wrong[std::string(body.substr(failure.size(), 80))];
    drop(connection);  // and takes it up again after a while
}

void SoakLoop::drop(Connection& connection) {
    if (connection.peer >= 0) {
        ++counts_.lost;
        peers_.unanswered(static_cast<std::uint32_t>(connection.peer));
    }
    if (connection.fd >= 0)
        ::close(connection.fd);
    connection.fd = -1;
    connection.peer = -1;
}

}  // namespace chihaya::bench
