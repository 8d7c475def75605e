#pragma once

/// @file bound_socket.hpp
/// A socket with a name on it: TCP or UDP, one of each listening address for every worker, which
/// the kernel spreads clients over (SO_REUSEPORT).

#include "core/base/ip_address.hpp"
#include "core/base/result.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <optional>

namespace chihaya::net {

enum class Transport : std::uint8_t { tcp, udp };

/// Where to listen. What is bound is found again by it.
struct Place {
    std::optional<IpAddress> address;  // none: every address of the family
    bool is_ipv6 = false;
    std::uint16_t port = 0;  // 0: one of the kernel's
    friend bool operator==(const Place&, const Place&) = default;
};

/// Non-blocking, and belongs to whoever has this.
struct BoundSocket {
    int socket = -1;
    bool is_ipv6 = false;
    std::uint16_t port = 0;            // as bound: of interest when 0 was asked for
    std::optional<IpAddress> address;  // none: every address of the family
    std::uint16_t asked_port = 0;
    bool was_given = false;   // somebody else has bound it
    bool stays_open = false;  // held elsewhere too: what waits in it is not lost when we close it

    [[nodiscard]] Place place() const noexcept { return {address, is_ipv6, asked_port}; }
};

/// Sets what a socket of ours is to have, however it was made; TCP sockets listen from now on.
/// Errors: false when it cannot listen, and then errno says why
bool prepare_socket(Transport transport, const BoundSocket& bound) noexcept;

/// Binds `address` (none: every address of the family `is_ipv6` says).
///
/// A UDP socket for every address tells with each datagram which of them was addressed, where the
/// system can. IPv6 sockets are IPV6_V6ONLY, so that both families can have the same port. The
/// workers share a port with each other, but not with another process: for the `first` of them the
/// port must be free.
/// Errors: what, found, the system's words, and what may help
[[nodiscard]] Result<BoundSocket> bind_socket(Transport transport,
                                              const std::optional<IpAddress>& address, bool is_ipv6,
                                              std::uint16_t port, bool first);

/// Has the kernel hand what comes anew to the first `sockets` of those that are bound where this
/// one is: in the order in which they were. 0: to all of them again. What is half open stays where
/// it is. Harmless where the system cannot.
void steer(int socket, std::uint32_t sockets) noexcept;

/// A listening TCP socket takes no new connection any more; those that are half open go on. Clients
/// try again, and find who listens in its place, or nobody. Harmless where the system cannot.
void refuse_new(int socket) noexcept;

/// Undoes that.
void take_new(int socket) noexcept;

/// Does this machine have IPv6 at all?
[[nodiscard]] bool has_ipv6() noexcept;

/// An address and port as the system has them.
struct SocketAddress {
    sockaddr_storage name{};
    socklen_t size = 0;

    [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&name); }
    [[nodiscard]] const sockaddr* data() const noexcept {
        return reinterpret_cast<const sockaddr*>(&name);
    }
};

/// `address` must be of the family `is_ipv6` says.
[[nodiscard]] SocketAddress socket_address(const std::optional<IpAddress>& address, bool is_ipv6,
                                           std::uint16_t port) noexcept;

/// Of a socket of either family.
[[nodiscard]] IpAddress ip_address_of(const sockaddr_storage& name) noexcept;
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& name) noexcept;

void set_option(int socket, int level, int name, int value) noexcept;

}  // namespace chihaya::net
