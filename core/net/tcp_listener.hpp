#pragma once

/// @file tcp_listener.hpp
/// A listening socket of one worker. All workers listen on the same address with SO_REUSEPORT and
/// the kernel spreads connections over them.

#include "core/base/ip_address.hpp"
#include "core/base/result.hpp"
#include "core/net/bound_socket.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace chihaya::net {

/// Binds as `bind_socket` does, and listens; nobody accepts yet.
[[nodiscard]] Result<BoundSocket> listen_tcp(const std::optional<IpAddress>& address, bool is_ipv6,
                                             std::uint16_t port, bool first);

/// Accepts connections and hands each to `accepted`.
/// Thread: the loop's
class TcpListener {
public:
    /// `socket` is non-blocking and belongs to the callee; `from` is the client's address.
    using Accepted = void (*)(void* subject, int socket, const IpAddress& from) noexcept;

    /// The process may not open another socket: closes one, or says false.
    using Exhausted = bool (*)(void* subject) noexcept;

    /// Lifetime: the loop and `subject` outlive the listener
    TcpListener(WorkerLoop& loop, BoundSocket socket, void* subject, Accepted accepted,
                Exhausted exhausted);
    ~TcpListener();
    TcpListener(const TcpListener&) = delete;
    TcpListener& operator=(const TcpListener&) = delete;

    /// Accepts nobody for a while: who comes waits in the kernel's queue. `start` goes on.
    void rest() noexcept { rests_ = true; }

    /// Starts accepting; until `close` or `finish`.
    void start();

    /// Goes on accepting what is on its way, and lets nobody else begin: for some seconds before
    /// `finish`, because the kernel holds connections back until they say something.
    void drain() noexcept { refuse_new(descriptor_.native_handle()); }

    /// Undoes `drain`.
    void resume() noexcept { take_new(descriptor_.native_handle()); }

    [[nodiscard]] const BoundSocket& bound() const noexcept { return bound_; }

    /// Accepts what waits in the kernel's queue, and no more; nothing while it rests, or where the
    /// socket stays open elsewhere, and the queue with it.
    void finish() noexcept;

    /// No more connections. Those in the kernel's queue are reset, unless the socket stays open
    /// elsewhere.
    void close() noexcept;

    /// Is the kernel's queue of connections that wait to be accepted three quarters full? It
    /// refuses those that it has no room for.
    /// Cost: a system call
    [[nodiscard]] bool is_crowded() const noexcept;

private:
    void wait();
    void accept_some() noexcept;
    bool accept_one() noexcept;
    [[nodiscard]] bool is_waited_for() noexcept;

    const BoundSocket bound_;
    boost::asio::posix::basic_stream_descriptor<WorkerLoop::Executor> descriptor_;
    void* subject_;
    Accepted accepted_;
    Exhausted exhausted_;
    bool waits_ = false;
    bool rests_ = false;
    std::shared_ptr<bool> alive_;  // the pending wait finds out here that the listener is gone
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      WorkerLoop::Executor>
        pause_;
};

}  // namespace chihaya::net
