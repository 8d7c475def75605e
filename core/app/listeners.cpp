#include "core/app/listeners.hpp"

#include <unistd.h>

#include <string>
#include <utility>

namespace chihaya::app {

Listeners::~Listeners() {
    for (const auto& sockets : of_worker_) {
        for (const net::BoundSocket& socket : sockets) {
            ::close(socket.socket);
        }
    }
}

Result<Listeners> Listeners::bind(net::Transport transport,
                                  std::span<const config::Address> addresses, std::uint32_t workers,
                                  Log& log) {
    const std::string_view area = transport == net::Transport::tcp ? "http" : "udp";
    Listeners listeners(transport);
    listeners.of_worker_.resize(workers);
    for (const config::Address& address : addresses) {
        if (!address.host.empty()) {
            const auto ip = IpAddress::parse(address.host);
            if (!ip) {
                return Failure{"cannot listen on " + address.host + ": it is no address"};
            }
            if (auto bound = listeners.add(ip, !ip->is_ipv4(), address.port); bound.has_error()) {
                return bound.error();
            }
            continue;
        }
        if (auto bound = listeners.add(std::nullopt, false, address.port); bound.has_error()) {
            return bound.error();
        }
        if (!net::has_ipv6()) {
            log.write(Severity::warning, area, "serving IPv4 only: this machine has no IPv6");
        } else if (auto bound = listeners.add(std::nullopt, true, address.port);
                   bound.has_error()) {
            return bound.error();
        }
    }
    for (const net::BoundSocket& socket : listeners.of_worker_.front()) {
        log.write(
            Severity::info, area, "listening",
            {{"family", socket.is_ipv6 ? "ipv6" : "ipv4"}, {"port", std::uint64_t{socket.port}}});
    }
    return listeners;
}

Result<void> Listeners::add(const std::optional<IpAddress>& address, bool is_ipv6,
                            std::uint16_t port) {
    bool first = true;
    for (auto& sockets : of_worker_) {
        auto bound = transport_ == net::Transport::tcp
                         ? net::listen_tcp(address, is_ipv6, port, first)
                         : net::bind_socket(transport_, address, is_ipv6, port, first);
        if (bound.has_error()) {
            return bound.error();
        }
        port = bound->port;  // the workers share what the kernel chose for the first
        first = false;
        sockets.push_back(*bound);
    }
    return {};
}

std::vector<net::BoundSocket> Listeners::take(std::uint32_t worker) noexcept {
    return std::exchange(of_worker_[worker], {});
}

}  // namespace chihaya::app
