#pragma once

/// @file udp_client.hpp
/// A UDP client that shows byte by byte what a tracker answers, and from where.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::test {

/// Where a client's socket is bound.
struct UdpOrigin {
    std::string address{};   // empty: 127.0.0.1 or ::1, as the server's family is
    std::uint16_t port = 0;  // 0: the system chooses
};

/// A socket that talks to one server; every wait ends after `patience`, with std::runtime_error.
class UdpClient {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// `host`: an address of either family; of a link-local one with its zone, "fe80::1%eth0".
    explicit UdpClient(std::uint16_t port, const std::string& host = "127.0.0.1",
                       const UdpOrigin& origin = {},
                       Milliseconds patience = std::chrono::seconds(10));
    ~UdpClient();
    UdpClient(const UdpClient&) = delete;
    UdpClient& operator=(const UdpClient&) = delete;

    /// Errors: std::system_error when the system does not take it
    void send(std::string_view datagram) const;

    /// The next datagram from the port that is sent to.
    /// Errors: std::runtime_error when none comes, or one from another address than was sent to:
    /// clients refuse such a reply
    [[nodiscard]] std::string receive() const;

    /// Has something come that nobody has received? Does not wait.
    [[nodiscard]] bool has_more() const;

    /// `send` and `receive`.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many ask for what it does to the tracker
    std::string ask(std::string_view datagram) const;

    /// A fresh connection id, as its eight bytes.
    [[nodiscard]] std::string connect() const;

    /// Is there no reply to this datagram? Sends a connect request behind it, whose reply must be
    /// the first to come: one socket's requests are answered in their order.
    [[nodiscard]] bool is_ignored(std::string_view datagram) const;

    /// Where the socket is bound.
    [[nodiscard]] std::uint16_t port() const;

private:
    int socket_ = -1;
    std::string server_;  // its socket address, as the system has it
    Milliseconds patience_;
};

/// A connect request.
[[nodiscard]] std::string connect_packet(std::uint32_t transaction);

/// A number in network byte order.
[[nodiscard]] std::string big_endian(std::uint32_t number);
[[nodiscard]] std::string big_endian(std::uint64_t number);

}  // namespace chihaya::test
