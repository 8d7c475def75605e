#pragma once

/// @file datagram_io.hpp
/// Receiving and sending datagrams: many with one system call where the system can, and one by one
/// everywhere.

#include "core/base/ip_address.hpp"
#include "core/net/bound_socket.hpp"

#include <boost/asio/ip/udp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace chihaya::net {

/// Between whom a datagram goes. A reply takes the path of its request.
struct UdpPath {
    IpAddress client;
    IpAddress ours;          // the address that was addressed; all zeros: the socket has but one
    std::uint32_t zone = 0;  // of a link-local client: the interface
    std::uint16_t port = 0;  // the client's
};

struct Datagram {
    std::span<const std::uint8_t> bytes;  // empty when it was longer than udp_datagram_max
    UdpPath path;
};

struct OutgoingDatagram {
    std::span<const std::uint8_t> bytes;
    const UdpPath* path = nullptr;
};

/// Thread: one worker's
class DatagramIo {
public:
    virtual ~DatagramIo() = default;
    DatagramIo(const DatagramIo&) = delete;
    DatagramIo& operator=(const DatagramIo&) = delete;

    /// What waits now, up to udp_batch. Fewer than that: there is no more.
    /// Lifetime: until the next call
    [[nodiscard]] virtual std::span<const Datagram> receive() noexcept = 0;

    /// Sends what the system takes and drops the rest: a client asks again, a queue would grow.
    /// Returns: how many were dropped
    /// Limits:  up to udp_batch
    [[nodiscard]] virtual std::size_t send(
        std::span<const OutgoingDatagram> datagrams) noexcept = 0;

protected:
    DatagramIo() = default;
};

/// Whole batches with one system call, and replies from the address that was addressed, though the
/// socket may be bound to every address. Linux only: null elsewhere.
/// Lifetime: the socket outlives it
[[nodiscard]] std::unique_ptr<DatagramIo> batch_io(const BoundSocket& socket);

/// One datagram with each system call, by means that every system has. A socket that is bound to
/// every address replies from the one that the system's routes choose.
/// Lifetime: likewise
[[nodiscard]] std::unique_ptr<DatagramIo> single_io(boost::asio::ip::udp::socket& socket);

}  // namespace chihaya::net
