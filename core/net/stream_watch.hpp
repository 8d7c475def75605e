#pragma once

/// @file stream_watch.hpp
/// Tells the streams of one worker when they are ready.
///
/// Asio waits for each socket with a system call of its own, every time. Here a connection is made
/// known to the kernel once, in an epoll instance that Asio sees as one descriptor: what has
/// happened to all connections is asked for once a turn.

#include "core/net/handler_memory.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include <array>
#include <chrono>

namespace chihaya::net {

class TcpStream;

/// Thread:   the loop's
/// Lifetime: the loop outlives it, and runs a turn between `close` and the end of its life. It
///           outlives its streams
class StreamWatch final {
public:
    explicit StreamWatch(WorkerLoop& loop);
    ~StreamWatch();
    StreamWatch(const StreamWatch&) = delete;
    StreamWatch& operator=(const StreamWatch&) = delete;

    /// `stream` is told, in a later turn, that `socket` is readable, or `writable` too: now if it
    /// is, and then whenever it becomes so anew. It is `known` from the first time on until the
    /// socket is closed.
    /// Errors: false when the kernel will not
    [[nodiscard]] bool ask(int socket, TcpStream& stream, bool known, bool writable) noexcept;

    /// Nothing is known of `socket` any more; it stays open.
    void forget(int socket) noexcept;

    /// Tells the streams that are ready. Happens by itself in every turn in which there are some.
    void look() noexcept;

    /// How long a stream that is ready waits until it is told: measured by something that is made
    /// ready with each call and stands in the kernel's queue behind all streams.
    /// Cost: a system call
    [[nodiscard]] std::chrono::milliseconds lag() noexcept;

    /// Tells nobody anything any more.
    void close() noexcept;

private:
    // More of them have their turn in the next one; bounds how long the first waits for an answer.
    static constexpr int events_per_turn_max = 128;

    void wait() noexcept;

    WorkerLoop& loop_;
    boost::asio::posix::basic_stream_descriptor<WorkerLoop::Executor> epoll_;
    int probe_ = -1;  // an eventfd; -1: lags are not measured
    bool probe_waits_ = false;
    std::chrono::steady_clock::time_point probed_at_{};
    std::chrono::milliseconds waited_{0};  // the last probe
    bool waiting_ = false;
    HandlerMemory memory_;
    std::array<epoll_event, events_per_turn_max> events_{};
};

}  // namespace chihaya::net
