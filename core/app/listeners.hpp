#pragma once

/// @file listeners.hpp
/// From the addresses of the configuration to sockets, one of each for every worker.

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/net/tcp_listener.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::app {

/// Bound sockets that nobody owns yet: closed if nobody takes them.
class Listeners {
public:
    Listeners() = default;
    ~Listeners();
    Listeners(Listeners&& other) noexcept = default;
    Listeners& operator=(Listeners&&) = delete;
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    /// Binds each address for each of `workers`, and listens where `transport` is TCP. An empty
    /// host is every address of both families; a machine without IPv6 is warned about and does
    /// without. Errors: the first address that cannot be bound; then none is
    [[nodiscard]] static Result<Listeners> bind(net::Transport transport,
                                                std::span<const config::Address> addresses,
                                                std::uint32_t workers, Log& log);

    /// The sockets of one worker, which becomes their owner.
    [[nodiscard]] std::vector<net::BoundSocket> take(std::uint32_t worker) noexcept;

private:
    explicit Listeners(net::Transport transport) noexcept : transport_(transport) {}

    Result<void> add(const std::optional<IpAddress>& address, bool is_ipv6, std::uint16_t port);

    net::Transport transport_ = net::Transport::tcp;
    std::vector<std::vector<net::BoundSocket>> of_worker_;
};

}  // namespace chihaya::app
