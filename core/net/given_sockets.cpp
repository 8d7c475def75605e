#include "core/net/given_sockets.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

namespace chihaya::net {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

// Each address of the configuration, in both families and for some workers.
constexpr int given_sockets_max = 1024;

int option_of(int socket, int level, int name, int otherwise) noexcept {
    int value = otherwise;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, level, name, &value, &size) == 0 ? value : otherwise;
}

bool is_any(const IpAddress& address) noexcept {
    return address == IpAddress{} || address == IpAddress::parse("0.0.0.0");
}

int another(int socket) noexcept {
    return ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

SocketPlace place_of(const BoundSocket& bound, Transport transport) noexcept {
    return {.transport = transport,
            .is_ipv6 = bound.is_ipv6,
            .address = bound.address,
            .port = bound.port};
}

/// A variable of the environment as a number; 0 when it is none.
long number_of(const char* name) noexcept {
    // Before the first thread starts.
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    long number = 0;
    if (text != nullptr) {
        const std::string_view view(text);
        const auto parsed = std::from_chars(view.data(), view.data() + view.size(), number);
        number = parsed.ptr == view.data() + view.size() ? number : 0;
    }
    return number;
}

}  // namespace

std::string text_of(const SocketPlace& place) {
    const std::string host =
        place.address ? place.address->text() : (place.is_ipv6 ? "::" : "0.0.0.0");
    return (place.is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(place.port) +
           (place.transport == Transport::udp ? " (UDP)" : "");
}

GivenSockets::~GivenSockets() {
    close_all();
}

GivenSockets::GivenSockets(GivenSockets&& other) noexcept
    : sockets_(std::exchange(other.sockets_, {})), taken_(std::exchange(other.taken_, {})) {}

GivenSockets& GivenSockets::operator=(GivenSockets&& other) noexcept {
    if (this != &other) {
        close_all();
        sockets_ = std::exchange(other.sockets_, {});
        taken_ = std::exchange(other.taken_, {});
    }
    return *this;
}

void GivenSockets::close_rest() noexcept {
    for (const Given& given : std::exchange(sockets_, {})) {
        ::close(given.bound.socket);
    }
}

void GivenSockets::close_all() noexcept {
    close_rest();
    for (const Taken& taken : std::exchange(taken_, {})) {
        ::close(taken.given.bound.socket);
    }
}

Result<void> GivenSockets::add(int descriptor, bool stays_open) {
    const auto refuse = [&](const std::string& found) -> Failure {
        ::close(descriptor);
        return {"a socket that was passed to this process cannot be used: found " + found +
                ", accepted are bound UDP sockets and listening TCP sockets of IPv4 or IPv6; "
                "it is closed"};
    };
    SocketAddress name;
    name.size = sizeof name.name;
    if (::getsockname(descriptor, name.data(), &name.size) != 0) {
        return refuse("no socket");
    }
    const int family = name.name.ss_family;
    const int type = option_of(descriptor, SOL_SOCKET, SO_TYPE, -1);
    if ((family != AF_INET && family != AF_INET6) || port_of(name.name) == 0) {
        return refuse("a socket of another family, or one that is not bound");
    }
    const bool listens = option_of(descriptor, SOL_SOCKET, SO_ACCEPTCONN, 0) != 0;
    if (type != SOCK_DGRAM && !(type == SOCK_STREAM && listens)) {
        return refuse("a socket that does not listen");
    }
    const IpAddress address = ip_address_of(name.name);
    Given given;
    given.transport = type == SOCK_DGRAM ? Transport::udp : Transport::tcp;
    given.bound.socket = descriptor;
    given.bound.is_ipv6 = family == AF_INET6;
    given.bound.port = port_of(name.name);
    given.bound.address = is_any(address) ? std::nullopt : std::optional(address);
    given.bound.was_given = true;
    given.bound.stays_open = stays_open;
    given.is_dual = given.bound.is_ipv6 && !given.bound.address &&
                    option_of(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0;
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    prepare_socket(given.transport, given.bound);
    sockets_.push_back(given);
    return {};
}

bool GivenSockets::fits(const Given& given, const SocketPlace& place) noexcept {
    const SocketPlace own = place_of(given.bound, given.transport);
    if (own == place) {
        return true;
    }
    return given.is_dual && !place.address && place.transport == own.transport &&
           place.port == own.port;
}

std::vector<BoundSocket> GivenSockets::take(const SocketPlace& place) {
    std::vector<BoundSocket> taken;
    for (Given& given : sockets_) {
        if (fits(given, place)) {
            given.bound.asked_port = place.port;
            take_new(given.bound.socket);
            taken.push_back(given.bound);
            taken_.push_back({given, place});
            taken_.back().given.bound.socket = another(given.bound.socket);
        }
    }
    std::erase_if(sockets_, [&](const Given& given) { return fits(given, place); });
    return taken;
}

std::optional<Result<BoundSocket>> GivenSockets::again(const SocketPlace& place,
                                                       std::size_t number) const {
    std::vector<BoundSocket> kept;
    for (const Taken& taken : taken_) {
        if (taken.place == place && taken.given.bound.socket >= 0) {
            kept.push_back(taken.given.bound);
        }
    }
    if (kept.empty()) {
        return std::nullopt;
    }
    BoundSocket bound = kept[number % kept.size()];
    bound.socket = another(bound.socket);
    if (bound.socket < 0) {
        return Failure{"cannot share a socket that was passed among the workers: " +
                       std::generic_category().message(errno) +
                       "; raise the limit on open files, or lower `workers`"};
    }
    take_new(bound.socket);
    return bound;
}

bool GivenSockets::stays_open(const SocketPlace& place) const noexcept {
    return std::ranges::any_of(taken_, [&](const Taken& taken) {
        return taken.given.bound.stays_open && taken.place == place;
    });
}

bool GivenSockets::covers(const SocketPlace& place) const noexcept {
    return std::ranges::any_of(taken_, [&](const Taken& taken) {
        return taken.place != place && fits(taken.given, place);
    });
}

void GivenSockets::forget_but(std::span<const SocketPlace> wanted) noexcept {
    std::erase_if(taken_, [&](const Taken& taken) {
        const bool goes =
            !taken.given.bound.stays_open && std::ranges::find(wanted, taken.place) == wanted.end();
        if (goes) {
            ::close(taken.given.bound.socket);
        }
        return goes;
    });
}

std::vector<Place> GivenSockets::places(Transport transport) const {
    std::vector<Place> all;
    for (const Given& given : sockets_) {
        if (given.transport == transport) {
            all.push_back({.address = given.bound.address,
                           .is_ipv6 = given.bound.is_ipv6,
                           .port = given.bound.port});
        }
    }
    return all;
}

std::vector<std::string> GivenSockets::drop_rest() {
    std::vector<std::string> places;
    for (const Given& given : sockets_) {
        places.push_back(text_of(place_of(given.bound, given.transport)));
    }
    close_rest();
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

std::vector<int> listen_fds() {
    const long count = number_of("LISTEN_FDS");
    const bool is_ours = number_of("LISTEN_PID") == ::getpid();
    for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) {
        ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): before the first thread starts
    }
    std::vector<int> passed;
    if (is_ours) {
        for (int i = 0; i < count && i < given_sockets_max; ++i) {
            ::fcntl(first_passed + i, F_SETFD, FD_CLOEXEC);
            passed.push_back(first_passed + i);
        }
    }
    return passed;
}

}  // namespace chihaya::net
