#pragma once

/// @file listeners.hpp
/// From the addresses of the configuration to sockets, one of each for every worker.

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/net/bound_socket.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace chihaya::app {

/// Bound sockets that nobody serves yet: closed if nobody takes them.
class Sockets {
public:
    Sockets() = default;
    ~Sockets();
    Sockets(Sockets&& other) noexcept : sockets_(std::exchange(other.sockets_, {})) {}
    Sockets& operator=(Sockets&& other) noexcept {
        std::swap(sockets_, other.sockets_);
        return *this;
    }
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;

    void add(const net::BoundSocket& socket) { sockets_.push_back(socket); }

    /// The caller becomes their owner.
    [[nodiscard]] std::vector<net::BoundSocket> take() noexcept {
        return std::exchange(sockets_, {});
    }
    [[nodiscard]] bool empty() const noexcept { return sockets_.empty(); }

private:
    std::vector<net::BoundSocket> sockets_;
};

/// Where these addresses are. An empty host is every address of both families; a machine without
/// IPv6 is warned about and does without.
/// Errors: what is no address
[[nodiscard]] Result<std::vector<net::Place>> places_of(net::Transport transport,
                                                        std::span<const config::Address> addresses,
                                                        Log& log);

/// Binds a place, and listens where `transport` is TCP. `port`: where `place` leaves it to the
/// kernel, the one that another worker was given, or 0. Only the `first` asks whether another
/// process listens there.
[[nodiscard]] Result<net::BoundSocket> bind_place(net::Transport transport, const net::Place& place,
                                                  std::uint16_t port, bool first);

/// Would one of them be told what is meant for the other?
[[nodiscard]] bool overlap(const net::Place& left, const net::Place& right) noexcept;

}  // namespace chihaya::app
