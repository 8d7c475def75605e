#pragma once

/// @file given_sockets.hpp
/// Sockets that somebody else has bound for this process: its service manager, so that nobody is
/// refused while it restarts, or the tracker whose place it takes.

#include "core/base/ip_address.hpp"
#include "core/base/result.hpp"
#include "core/net/bound_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chihaya::net {

/// Which address a socket is wanted for.
struct SocketPlace {
    Transport transport = Transport::tcp;
    bool is_ipv6 = false;
    std::optional<IpAddress> address;  // none: every address of the family
    std::uint16_t port = 0;

    friend bool operator==(const SocketPlace&, const SocketPlace&) = default;
};

/// "127.0.0.1:6881", "[::]:6881 (UDP)".
[[nodiscard]] std::string text_of(const SocketPlace& place);

/// Thread: one at a time
class GivenSockets {
public:
    GivenSockets() = default;
    /// Closes those that nobody has taken.
    ~GivenSockets();
    GivenSockets(GivenSockets&& other) noexcept;
    GivenSockets& operator=(GivenSockets&& other) noexcept;
    GivenSockets(const GivenSockets&) = delete;
    GivenSockets& operator=(const GivenSockets&) = delete;

    /// Takes over a bound UDP socket, or one that listens for TCP, and makes it ready for a loop.
    /// `stays_open`: it is held elsewhere too, and outlives this process.
    /// Errors: what it is instead; then it is closed
    Result<void> add(int descriptor, bool stays_open);

    /// Those for `place`, each once; the caller becomes their owner, and they take what comes anew
    /// whatever their last owner wanted. Another descriptor of each is kept. An IPv6 socket for
    /// every address that serves IPv4 as well is one for `place` of either family, whichever is
    /// asked for first; `covers` tells of the other.
    [[nodiscard]] std::vector<BoundSocket> take(const SocketPlace& place);

    /// Another descriptor of one of those that were taken for `place`, by turns as `number` says:
    /// the caller becomes its owner. Nothing where none is kept.
    /// Errors: what the system says to one descriptor more
    [[nodiscard]] std::optional<Result<BoundSocket>> again(const SocketPlace& place,
                                                           std::size_t number) const;

    /// Are those that were taken for `place` held elsewhere too?
    [[nodiscard]] bool stays_open(const SocketPlace& place) const noexcept;

    /// Does a socket that has been taken serve this place too?
    [[nodiscard]] bool covers(const SocketPlace& place) const noexcept;

    /// Where those of a transport are bound that nobody has taken.
    [[nodiscard]] std::vector<Place> places(Transport transport) const;

    /// The same of all, each once, in words. They are closed.
    [[nodiscard]] std::vector<std::string> drop_rest();

    /// Keeps none any more of those that nobody else holds, but for the `wanted` places: a socket
    /// that is kept open is no closed one for its clients.
    void forget_but(std::span<const SocketPlace> wanted) noexcept;

    [[nodiscard]] bool empty() const noexcept { return sockets_.empty(); }

private:
    struct Given {
        BoundSocket bound;
        Transport transport = Transport::tcp;
        bool is_dual = false;
    };
    struct Taken {
        Given given;  // with another descriptor; -1: there was none to be had
        SocketPlace place;
    };

    [[nodiscard]] static bool fits(const Given& given, const SocketPlace& place) noexcept;
    void close_rest() noexcept;
    void close_all() noexcept;

    std::vector<Given> sockets_;
    std::vector<Taken> taken_;
};

/// The descriptors that systemd passes (`LISTEN_FDS`), none when they are meant for another
/// process. The variables are taken out of the environment: children are not given sockets.
/// Source: sd_listen_fds(3)
[[nodiscard]] std::vector<int> listen_fds();

}  // namespace chihaya::net
