#include "core/app/workers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
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

net::SocketPlace socket_place(net::Transport transport, const net::Place& place) noexcept {
    return {.transport = transport,
            .is_ipv6 = place.is_ipv6,
            .address = place.address,
            .port = place.port};
}

}  // namespace

std::vector<std::string> Workers::drop_unused() {
    return given_.drop_rest();
}

/// Of those that nobody else holds, what is given up is closed with the last worker's.
void Workers::forget_given() {
    std::vector<net::SocketPlace> wanted;
    for (const auto transport : {net::Transport::tcp, net::Transport::udp}) {
        for (const net::Place& place :
             transport == net::Transport::tcp ? posts_.http : posts_.udp) {
            wanted.push_back(socket_place(transport, place));
        }
    }
    given_.forget_but(wanted);
}

Result<Workers::Prepared> Workers::prepare(Posts posts) {
    Prepared prepared;
    prepared.posts = std::move(posts);
    keep_covered(posts_.http, prepared.posts.http);
    keep_covered(posts_.udp, prepared.posts.udp);
    keep_covered(given_.places(net::Transport::tcp), prepared.posts.http);
    keep_covered(given_.places(net::Transport::udp), prepared.posts.udp);
    prepared.sockets.resize(prepared.posts.workers);
    for (const auto transport : {net::Transport::tcp, net::Transport::udp}) {
        const bool is_tcp = transport == net::Transport::tcp;
        for (const net::Place& place : is_tcp ? prepared.posts.http : prepared.posts.udp) {
            if (auto bound = bind(transport, place, prepared); bound.has_error()) {
                return bound.error();
            }
        }
    }
    return prepared;
}

/// Worker after worker for each place: the kernel keeps them in this order, by which `net::steer`
/// goes.
Result<void> Workers::bind(net::Transport transport, const net::Place& place, Prepared& prepared) {
    const net::SocketPlace asked = socket_place(transport, place);
    if (const auto passed = given_.take(asked); !passed.empty()) {
        tell(transport, passed.front(), true);
        return share_out(passed, transport, prepared);
    }
    if (given_.covers(asked)) {
        return {};
    }
    bool first = !is_served(transport, place);
    bool is_told = !first;
    std::uint16_t port = place.port;
    for (std::uint32_t number = 0; number < prepared.posts.workers; ++number) {
        if (listens(number, transport, place)) {
            continue;
        }
        if (port == 0 && !first) {
            port = port_of(transport, place);
        }
        auto bound = bind_one(transport, place, number, {.port = port, .first = first});
        if (bound.has_error()) {
            return bound.error();
        }
        port = bound->port;  // the workers share what the kernel chose for the first
        if (first && place.port == 0) {
            prepared.chosen.push_back({transport, place, port});
        }
        if (!std::exchange(is_told, true)) {
            tell(transport, *bound, bound->was_given);
        }
        first = false;
        auto& sockets = prepared.sockets[number];
        (transport == net::Transport::tcp ? sockets.http : sockets.udp).add(*bound);
    }
    return {};
}

/// What somebody else holds for us is what clients find when we are gone, so it is shared. Where
/// it is not held any more, whoever bound it may not have let us bind beside it.
Result<net::BoundSocket> Workers::bind_one(net::Transport transport, const net::Place& place,
                                           std::uint32_t number, Wanted wanted) const {
    const net::SocketPlace asked = socket_place(transport, place);
    if (given_.stays_open(asked)) {
        if (auto shared = given_.again(asked, number)) {
            return *std::move(shared);
        }
    }
    auto bound = bind_place(transport, place, wanted.port, wanted.first);
    if (bound.has_error()) {
        if (auto shared = given_.again(asked, number)) {
            return *std::move(shared);
        }
    }
    return bound;
}

bool Workers::listens(std::uint32_t number, net::Transport transport,
                      const net::Place& place) const {
    if (number >= members_.size() || members_[number].worker == nullptr) {
        return false;
    }
    const auto& has =
        transport == net::Transport::tcp ? members_[number].http : members_[number].udp;
    return std::ranges::find(has, place) != has.end();
}

void Workers::tell(net::Transport transport, const net::BoundSocket& bound, bool was_given) const {
    const std::string_view area = transport == net::Transport::tcp ? "http" : "udp";
    const std::string_view family = bound.is_ipv6 ? "ipv6" : "ipv4";
    if (was_given) {
        shared_.log.write(
            Severity::info, area, "listening",
            {{"family", family}, {"port", std::uint64_t{bound.port}}, {"sockets", "given"}});
        return;
    }
    shared_.log.write(Severity::info, area, "listening",
                      {{"family", family}, {"port", std::uint64_t{bound.port}}});
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
