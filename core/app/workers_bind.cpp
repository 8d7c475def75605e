#include "core/app/workers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace chihaya::app {
namespace {

/// An address gives way to every address: its sockets stay. The kernel prefers them, so who comes
/// while they end would be turned away.
void keep_covered(const std::vector<net::Place>& served, std::vector<net::Place>& wanted) {
    for (const net::Place& place : served) {
        const bool is_covered = std::ranges::any_of(wanted, [&](const net::Place& other) {
            return !other.address && place.address && overlap(place, other);
        });
        if (is_covered && std::ranges::find(wanted, place) == wanted.end()) {
            wanted.push_back(place);
        }
    }
}

}  // namespace

Result<Workers::Prepared> Workers::prepare(Posts posts) const {
    net::GivenSockets none;
    return prepare(std::move(posts), none);
}

Result<Workers::Prepared> Workers::prepare(Posts posts, net::GivenSockets& given) const {
    Prepared prepared;
    prepared.posts = std::move(posts);
    keep_covered(posts_.http, prepared.posts.http);
    keep_covered(posts_.udp, prepared.posts.udp);
    keep_covered(given.places(net::Transport::tcp), prepared.posts.http);
    keep_covered(given.places(net::Transport::udp), prepared.posts.udp);
    prepared.sockets.resize(prepared.posts.workers);
    for (const auto transport : {net::Transport::tcp, net::Transport::udp}) {
        if (auto bound = bind(transport, prepared, given); bound.has_error()) {
            return bound.error();
        }
    }
    return prepared;
}

/// Worker after worker for each place: the kernel keeps them in this order, by which `net::steer`
/// goes.
Result<void> Workers::bind(net::Transport transport, Prepared& prepared,
                           net::GivenSockets& given) const {
    const bool is_tcp = transport == net::Transport::tcp;
    for (const net::Place& place : is_tcp ? prepared.posts.http : prepared.posts.udp) {
        const net::SocketPlace asked{.transport = transport,
                                     .is_ipv6 = place.is_ipv6,
                                     .address = place.address,
                                     .port = place.port};
        if (const auto passed = given.take(asked); !passed.empty()) {
            shared_.log.write(Severity::info, is_tcp ? "http" : "udp", "listening",
                              {{"family", passed.front().is_ipv6 ? "ipv6" : "ipv4"},
                               {"port", std::uint64_t{passed.front().port}},
                               {"sockets", "given"}});
            if (auto shared = share_out(passed, transport, prepared); shared.has_error()) {
                return shared.error();
            }
            continue;
        }
        if (given.covers(asked)) {
            continue;
        }
        bool first = !is_served(transport, place);
        std::uint16_t port = place.port;
        std::optional<net::BoundSocket> told;
        for (std::uint32_t number = 0; number < prepared.posts.workers; ++number) {
            if (number < members_.size() && members_[number].worker != nullptr) {
                const auto& has = is_tcp ? members_[number].http : members_[number].udp;
                if (std::ranges::find(has, place) != has.end()) {
                    continue;
                }
            }
            if (port == 0 && !first) {
                port = port_of(transport, place);
            }
            auto bound = bind_place(transport, place, port, first);
            if (bound.has_error()) {
                return bound.error();
            }
            port = bound->port;  // the workers share what the kernel chose for the first
            if (first && place.port == 0) {
                prepared.chosen.push_back({transport, place, port});
            }
            told = first ? *bound : told;
            first = false;
            auto& sockets = prepared.sockets[number];
            (is_tcp ? sockets.http : sockets.udp).add(*bound);
        }
        if (told) {
            shared_.log.write(
                Severity::info, is_tcp ? "http" : "udp", "listening",
                {{"family", told->is_ipv6 ? "ipv6" : "ipv4"}, {"port", std::uint64_t{told->port}}});
        }
    }
    return {};
}

Result<void> Workers::share_out(const std::vector<net::BoundSocket>& given,
                                net::Transport transport, Prepared& prepared) {
    const std::size_t workers = prepared.sockets.size();
    for (std::size_t i = 0; i < std::max(given.size(), workers); ++i) {
        net::BoundSocket socket = given[i % given.size()];
        if (i >= given.size()) {
            socket.socket = ::fcntl(socket.socket, F_DUPFD_CLOEXEC, 0);
        }
        if (socket.socket < 0) {
            return Failure{"cannot share a socket that was passed among the workers: " +
                           std::generic_category().message(errno) +
                           "; raise the limit on open files, or lower `workers`"};
        }
        auto& sockets = prepared.sockets[i % workers];
        (transport == net::Transport::tcp ? sockets.http : sockets.udp).add(socket);
    }
    return {};
}

std::uint16_t Workers::port_of(net::Transport transport, const net::Place& place) const {
    const auto chosen = std::ranges::find_if(chosen_, [&](const Chosen& one) {
        return one.transport == transport && one.place == place;
    });
    return chosen == chosen_.end() ? place.port : chosen->port;
}

/// By us, there or so near that asking whether it is free would find ourselves.
bool Workers::is_served(net::Transport transport, const net::Place& place) const {
    const bool is_closing =
        transport == net::Transport::udp &&
        std::ranges::any_of(closing_, [&](const Draining& one) { return one.place == place; });
    return is_closing || std::ranges::any_of(members_, [&](const Member& member) {
               const auto& has = transport == net::Transport::tcp ? member.http : member.udp;
               return std::ranges::any_of(has, [&](const net::Place& other) {
                   return other == place || overlap(other, place);
               });
           });
}

}  // namespace chihaya::app
