#pragma once

/// @file tcp_stream.hpp
/// One accepted TCP connection: non-blocking reads and writes, and waiting for the next of them.
///
/// The socket joins the event loop only when somebody waits for it. A client that sends its request
/// with the handshake's end and wants one answer is served without ever joining: two system calls
/// less for most connections a tracker sees.

#include "core/net/handler_memory.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace chihaya::net {

/// How a read or write ended.
enum class Transfer : unsigned char {
    done,         // `count` bytes; a read of 0 is the end of the stream
    would_block,  // nothing now; wait
    broken,       // reset, or another error: close
};

/// Thread: the loop's
/// Lifetime: the loop outlives it. It is not destroyed while a wait is pending; see `waiting`
class TcpStream {
public:
    /// Called when the socket is ready, or with `cancelled` after `close`.
    using Ready = void (*)(void* subject, bool cancelled) noexcept;

    TcpStream(WorkerLoop& loop, void* subject, Ready readable, Ready writable) noexcept
        : loop_(loop), subject_(subject), readable_(readable), writable_(writable) {}
    ~TcpStream();
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;

    /// Takes over an accepted, non-blocking socket.
    void open(int socket, bool is_ipv6) noexcept;

    [[nodiscard]] Transfer read(std::span<char> into, std::size_t& count) noexcept;
    [[nodiscard]] Transfer write(std::span<const char> bytes, std::size_t& count) noexcept;

    /// `readable` or `writable` is called once, in a later turn.
    /// Errors: false when the loop will not take the socket: close
    [[nodiscard]] bool wait_readable() noexcept;
    [[nodiscard]] bool wait_writable() noexcept;

    /// Ends what we send; the client sees the end of the stream.
    void finish_writing() noexcept;

    /// Closes at once. Pending waits are called with `cancelled`, in a later turn.
    void close() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return socket_ >= 0; }

    /// Is a wait pending, cancelled or not?
    [[nodiscard]] bool waiting() const noexcept { return waits_ != 0; }

private:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, WorkerLoop::Executor>;

    [[nodiscard]] bool join_loop() noexcept;
    [[nodiscard]] bool wait(Socket::wait_type type, HandlerMemory& memory, bool& armed,
                            Ready ready) noexcept;

    WorkerLoop& loop_;
    void* subject_;
    Ready readable_;
    Ready writable_;
    int socket_ = -1;
    bool is_ipv6_ = false;
    bool read_armed_ = false;
    bool write_armed_ = false;
    unsigned waits_ = 0;
    std::optional<Socket> joined_;  // owns `socket_` once the loop knows it
    HandlerMemory read_memory_;
    HandlerMemory write_memory_;
};

}  // namespace chihaya::net
