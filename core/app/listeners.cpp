#include "core/app/listeners.hpp"

#include "core/net/tcp_listener.hpp"

#include <unistd.h>

#include <string>

namespace chihaya::app {

Sockets::~Sockets() {
    for (const net::BoundSocket& socket : sockets_) {
        ::close(socket.socket);
    }
}

Result<std::vector<net::Place>> places_of(net::Transport transport,
                                          std::span<const config::Address> addresses, Log& log) {
    std::vector<net::Place> places;
    for (const config::Address& address : addresses) {
        if (!address.host.empty()) {
            const auto ip = IpAddress::parse(address.host);
            if (!ip) {
                return Failure{"cannot listen on " + address.host + ": it is no address"};
            }
            places.push_back({.address = ip, .is_ipv6 = !ip->is_ipv4(), .port = address.port});
            continue;
        }
        places.push_back({.address = std::nullopt, .is_ipv6 = false, .port = address.port});
        if (net::has_ipv6()) {
            places.push_back({.address = std::nullopt, .is_ipv6 = true, .port = address.port});
        } else {
            log.write(Severity::warning, transport == net::Transport::tcp ? "http" : "udp",
                      "serving IPv4 only: this machine has no IPv6");
        }
    }
    return places;
}

Result<net::BoundSocket> bind_place(net::Transport transport, const net::Place& place,
                                    std::uint16_t port, bool first) {
    auto bound = transport == net::Transport::tcp
                     ? net::listen_tcp(place.address, place.is_ipv6, port, first)
                     : net::bind_socket(transport, place.address, place.is_ipv6, port, first);
    if (!bound.has_error()) {
        bound->asked_port = place.port;
    }
    return bound;
}

bool overlap(const net::Place& left, const net::Place& right) noexcept {
    return left.port == right.port && left.port != 0 && left.is_ipv6 == right.is_ipv6 &&
           (!left.address || !right.address || left.address == right.address);
}

}  // namespace chihaya::app
