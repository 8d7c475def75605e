#include "tests/bench/load/http_loop.hpp"

#include "tests/bench/load/clock.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace chihaya::bench {
namespace {

constexpr std::size_t input_max = 65'536;
constexpr std::uint64_t timeout = 5'000'000'000;
constexpr std::uint64_t sweep_interval = 100'000'000;
constexpr std::uint64_t faults_max = 1000;

}  // namespace

HttpLoop::HttpLoop(const HttpOptions& options, Plan& plan, std::uint32_t depth)
    : options_(options),
      plan_(plan),
      depth_(depth),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      check_(options.expect, options.peers),
      connections_(options.connections) {
    for (Connection& connection : connections_) {
        connection.output.resize(depth * request_size_max);
        connection.input.resize(input_max);
    }
}

HttpLoop::~HttpLoop() {
    for (Connection& connection : connections_)
        drop(connection);
    ::close(epoll_);
}

Totals HttpLoop::run(double seconds) {
    const std::uint64_t start = nanoseconds();
    const std::uint64_t end =
        seconds > 0 ? start + static_cast<std::uint64_t>(seconds * 1e9) : UINT64_MAX;
    std::uint64_t next_sweep = start + sweep_interval;
    active_ = connections_.size();
    now_ = start;
    for (Connection& connection : connections_)
        begin(connection);
    std::array<epoll_event, 256> events{};
    while (active_ > 0) {
        const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 100);
        for (int i = 0; i < ready; ++i) {
            now_ = nanoseconds();
            receive(*static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr));
        }
        now_ = nanoseconds();
        if (now_ >= end || totals_.failed() > faults_max)
            plan_.stop();
        if (now_ >= next_sweep) {
            sweep();
            next_sweep = now_ + sweep_interval;
        }
    }
    totals_.seconds = static_cast<double>(nanoseconds() - start) / 1e9;
    return totals_;
}

/// Sends what was left unanswered by a connection that the server ended in good order, then more.
void HttpLoop::begin(Connection& connection) {
    connection.asked.erase(connection.asked.begin(),
                           connection.asked.begin() + connection.answered);
    connection.answered = 0;
    while (connection.asked.size() < depth_) {
        const auto next = plan_.next();
        if (!next)
            break;
        connection.asked.push_back(*next);
    }
    if (connection.asked.empty()) {
        drop(connection);
        connection.started = now_;
        --active_;
        return;
    }
    connection.output_size = 0;
    for (const Asked& asked : connection.asked) {
        connection.output_size +=
            write_request(connection.output.data() + connection.output_size, asked, options_.close);
    }
    connection.started = now_;
    if (connection.fd < 0 && !open(connection)) {
        fail(connection, Fault::connect);
        return;
    }
    if (!send(connection))
        fail(connection, Fault::send);
}

bool HttpLoop::open(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0)
        return false;
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(options_.port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    const auto* address = reinterpret_cast<const sockaddr*>(&server);
    if (::connect(connection.fd, address, sizeof server) != 0 && errno != EINPROGRESS)
        return false;
    ++totals_.connections;
    connection.input_size = 0;
    connection.closing = false;
    connection.unsent = false;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    return true;
}

bool HttpLoop::send(Connection& connection) {
    const ssize_t sent =
        ::send(connection.fd, connection.output.data(), connection.output_size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN && !connection.unsent) {
        connection.unsent = true;
        watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
        return true;
    }
    if (connection.unsent) {
        connection.unsent = false;
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    }
    return sent == static_cast<ssize_t>(connection.output_size);
}

void HttpLoop::receive(Connection& connection) {
    if (connection.fd < 0)
        return;
    if (connection.unsent) {
        if (!send(connection))
            fail(connection, Fault::send);
        return;
    }
    const ssize_t got = ::recv(connection.fd, connection.input.data() + connection.input_size,
                               connection.input.size() - connection.input_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        ended(connection);
        return;
    }
    connection.input_size += static_cast<std::size_t>(got);
    totals_.bytes += static_cast<std::uint64_t>(got);
    const Fault fault = consume(connection);
    if (fault != Fault::none) {
        fail(connection, fault);
        return;
    }
    if (connection.closing) {
        receive(connection);
        return;
    }
    if (connection.answered == connection.asked.size())
        begin(connection);
}

/// Checks every answer that has come whole.
Fault HttpLoop::consume(Connection& connection) {
    std::string_view input(connection.input.data(), connection.input_size);
    while (connection.answered < connection.asked.size() && !connection.closing) {
        const Head head = read_head(input);
        if (head.fault != Fault::none)
            return head.fault;
        if (!head.complete || input.size() < head.size + head.body)
            break;
        settle(connection, input.substr(head.size, head.body));
        input.remove_prefix(head.size + head.body);
        connection.closing = head.close || options_.close;
    }
    const bool done = connection.closing || connection.answered == connection.asked.size();
    if ((done && !input.empty()) || input.size() == connection.input.size())
        return Fault::length;
    std::copy(input.begin(), input.end(), connection.input.begin());
    connection.input_size = input.size();
    return Fault::none;
}

/// A wrong answer is counted, but the connection is in order and goes on.
void HttpLoop::settle(Connection& connection, std::string_view body) {
    const Fault fault = check_(body, connection.asked[connection.answered++]);
    if (fault != Fault::none)
        totals_.fail(fault);
    else
        totals_.verify(now_ - connection.started, check_.swarm_size());
}

void HttpLoop::ended(Connection& connection) {
    if (!connection.closing) {
        fail(connection, Fault::lost);
        return;
    }
    drop(connection);
    begin(connection);
}

/// Everything asked on the connection counts as failed; it starts again with the next sweep, so
/// that a server which is gone does not make it spin.
void HttpLoop::fail(Connection& connection, Fault fault) {
    totals_.fail(fault, connection.asked.size() - connection.answered);
    connection.asked.clear();
    connection.answered = 0;
    drop(connection);
    connection.started = 0;
}

void HttpLoop::drop(Connection& connection) {
    if (connection.fd >= 0)
        ::close(connection.fd);
    connection.fd = -1;
}

void HttpLoop::watch(Connection& connection, int operation, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, operation, connection.fd, &event);
}

void HttpLoop::sweep() {
    for (Connection& connection : connections_) {
        if (connection.fd < 0 && connection.started == 0)
            begin(connection);
        else if (connection.fd >= 0 && now_ - connection.started > timeout)
            fail(connection, Fault::timeout);
    }
}

}  // namespace chihaya::bench
