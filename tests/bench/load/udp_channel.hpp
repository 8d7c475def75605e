#pragma once

/// @file udp_channel.hpp
/// One source port of the UDP load: a socket, its connection id, and what is to be sent.

#include "tests/bench/load/datagram_batch.hpp"
#include "tests/bench/load/udp_packets.hpp"

#include <cstdint>
#include <string_view>

namespace chihaya::bench {

/// Set in the transaction ids of connect requests, and in no others.
inline constexpr std::uint32_t connect_transaction = 0x8000'0000;

class UdpChannel {
public:
    /// A socket from loopback address `address` (an index) to the server's port.
    UdpChannel(std::uint32_t address, std::uint16_t server_port);
    ~UdpChannel();
    UdpChannel(UdpChannel&& other) noexcept;
    UdpChannel& operator=(UdpChannel&&) = delete;
    UdpChannel(const UdpChannel&) = delete;
    UdpChannel& operator=(const UdpChannel&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool connected() const noexcept { return connection_ != 0; }

    /// Asks for a connection id where there is none, or a new one before the old one is a minute
    /// old; asks again when no answer came.
    void connect(std::uint64_t now) noexcept;

    /// Takes the answer to a connect request; false: it is wrong.
    [[nodiscard]] bool take_connection(std::string_view datagram, std::uint64_t now) noexcept;

    /// Puts an announce into the batch, which goes when it is full or with `flush`. What the kernel
    /// refuses is lost, as anywhere on its way.
    void announce(std::uint32_t transaction, const Asked& asked) noexcept;
    void flush() noexcept;

private:
    int fd_ = -1;
    std::uint64_t connection_ = 0;
    std::uint64_t connected_at_ = 0;
    std::uint64_t asked_at_ = 0;
    std::uint32_t transaction_ = 0;
    DatagramBatch batch_;
    std::size_t count_ = 0;
};

}  // namespace chihaya::bench
