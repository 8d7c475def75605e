#pragma once

/// @file udp_socket.hpp
/// A UDP socket of one worker in its event loop.

#include "core/net/bound_socket.hpp"
#include "core/net/datagram_io.hpp"
#include "core/net/handler_memory.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/ip/udp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace chihaya::net {

/// How datagrams pass between the program and the system.
struct UdpTransfer {
    bool batched = true;               // where the system can: see `batch_io`
    std::uint32_t receive_buffer = 0;  // bytes the system keeps for a busy worker; 0: its default
};

/// Thread: the loop's
class UdpSocket {
public:
    /// Datagrams wait. Called once; `wait` asks for the next call.
    using Readable = void (*)(void* subject, UdpSocket& socket) noexcept;

    /// Takes the socket over. Lifetime: the loop and `subject` outlive it
    UdpSocket(WorkerLoop& loop, const BoundSocket& bound, const UdpTransfer& transfer,
              void* subject, Readable readable);
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    /// `readable` will be called when there is something. Harmless while that is pending, and after
    /// `finish`.
    void wait() noexcept;

    /// From now on it is not. Sending goes on.
    void finish() noexcept;

    /// From now on datagrams pass like this. A receive buffer of 0 stays as it is.
    void adopt(const UdpTransfer& transfer);

    [[nodiscard]] std::span<const Datagram> receive() noexcept {
        const auto datagrams = io_->receive();
        read_ += datagrams.size();
        return datagrams;
    }
    [[nodiscard]] std::size_t send(std::span<const OutgoingDatagram> datagrams) noexcept {
        return io_->send(datagrams);
    }

    /// How long a datagram that comes now will wait, by what waits and what was read since the last
    /// call. The longest there is while the receive buffer overflows: when at two calls in a row
    /// datagrams had been dropped and the buffer was still half full. A drop alone says nothing:
    /// the system counts datagrams with a wrong checksum too, and anybody can send a short burst.
    /// Cost: a system call
    [[nodiscard]] std::chrono::milliseconds lag() noexcept;

    [[nodiscard]] const BoundSocket& bound() const noexcept { return bound_; }

private:
    /// What a pending wait has, whether the socket is still there or not.
    struct Wait {
        bool is_wanted = true;
        HandlerMemory memory;
    };

    const BoundSocket bound_;
    boost::asio::ip::udp::socket socket_;
    std::unique_ptr<DatagramIo> io_;
    bool is_batched_ = false;
    // Since the last call of `lag`, and what it has seen then.
    std::uint64_t read_ = 0;
    std::uint32_t drops_ = 0;  // since the socket was made, whoever had it
    bool was_full_ = false;    // and had dropped something
    std::chrono::steady_clock::time_point looked_at_ = std::chrono::steady_clock::now();
    void* subject_;
    Readable readable_;
    bool waits_ = false;
    std::shared_ptr<Wait> wait_;
};

}  // namespace chihaya::net
