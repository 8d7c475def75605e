#include "core/management/server.hpp"

#include "core/base/limits.hpp"
#include "core/management/connection.hpp"
#include "core/management/gate.hpp"
#include "core/management/routes.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace chihaya::management {
namespace {

using Poco::Net::IPAddress;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;

/// Binds one family of an address. Throws Poco's exceptions.
///
/// Two sockets of ours may overlap while one takes the place of the other, so they share ports;
/// that no other process has this one is asked before, unless we know that we `overlap`.
ServerSocket bound_socket(const std::string& host, std::uint16_t port, bool overlaps) {
    const SocketAddress address(IPAddress(host), port);
    const auto bind = [&](ServerSocket& socket, bool shares) {
        if (address.family() == SocketAddress::IPv6) {
            socket.bind6(address, true, shares, true);
        } else {
            socket.bind(address, true, shares);
        }
    };
    if (!overlaps) {
        ServerSocket probe;
        bind(probe, false);
    }
    ServerSocket socket;
    bind(socket, true);
    socket.listen(limits::management_queue_max);
    return socket;
}

/// The sockets of one configured address: an empty host has one of each family the machine has.
std::vector<ServerSocket> bound_sockets(const config::Address& address, bool overlaps) {
    if (!address.host.empty()) {
        return {bound_socket(address.host, address.port, overlaps)};
    }
    std::vector<ServerSocket> sockets{bound_socket("0.0.0.0", address.port, overlaps)};
    try {
        sockets.push_back(bound_socket("::", sockets.front().address().port(), overlaps));
    } catch (const Poco::Net::NetException& problem) {
        if (problem.code() != EAFNOSUPPORT && problem.code() != EADDRNOTAVAIL) {
            throw;
        }
    }
    return sockets;
}

// How long connections that wait for a thread of an address that is given up are waited for.
constexpr std::chrono::milliseconds queue_look_interval{5};
constexpr int queue_looks_max = 200;

std::string address_text(const config::Address& address) {
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? '[' + address.host + ']' : address.host;
    return host + ':' + std::to_string(address.port);
}

/// Poco's exceptions have their own words.
std::string words_of(const std::exception& problem) {
    const auto* const own = dynamic_cast<const Poco::Exception*>(&problem);
    return own == nullptr ? problem.what() : own->displayText();
}

/// Refuses connections from now on, and wakes the thread that waits for them: Poco's own stop
/// leaves it waiting for a quarter of a second.
void stop_accepting(const ServerSocket& socket) {
    try {
        socket.impl()->shutdownReceive();
    } catch (const Poco::Exception&) {
        return;  // not every system knows this of a listening socket; then it takes that long
    }
}

}  // namespace

/// An address with its sockets, and who serves them.
struct Server::Port {
    config::Address address;
    std::vector<ServerSocket> sockets;
    std::vector<std::unique_ptr<Poco::Net::TCPServer>> servers{};  // none: bound only

    [[nodiscard]] std::uint16_t number() const { return sockets.front().address().port(); }
};

struct Server::Running {
    Running(const Parts& parts, const Settings& settings)
        : routes(parts, settings),
          gate(settings.token),
          log(parts.log),
          threads("management", 1, limits::management_threads_max) {}

    /// Throws Poco's exceptions.
    void serve(Port& port) {
        const Context context{.routes = routes, .gate = gate, .log = log, .stopping = stopping};
        for (const ServerSocket& socket : port.sockets) {
            // As many for each; they are there from the start for one.
            if (sockets_served++ > 0) {
                threads.addCapacity(limits::management_threads_max);
            }
            const bool on_loopback = socket.address().host().isLoopback();
            port.servers.push_back(std::make_unique<Poco::Net::TCPServer>(
                connection_factory(context, on_loopback), threads, socket, connection_params()));
            port.servers.back()->start();
        }
    }

    /// Who has been accepted is answered.
    void give_up(Port& port) {
        std::ranges::for_each(port.sockets, stop_accepting);
        for (const auto& server : port.servers) {
            for (int looks = 0; looks < queue_looks_max && server->queuedConnections() > 0;
                 ++looks) {
                std::this_thread::sleep_for(queue_look_interval);
            }
            server->stop();
            --sockets_served;
        }
    }

    Routes routes;
    Gate gate;
    Log& log;
    std::atomic<bool> stopping{false};
    Poco::ThreadPool threads;
    std::size_t sockets_served = 0;
    std::vector<Port> ports;
};

Server::Server(Parts parts, Settings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {}

Server::~Server() {
    stop();
}

Result<void> Server::start() {
    if (auto bound = bind(settings_.addr); bound.has_error()) {
        return bound;
    }
    try {
        serve_bound();
    } catch (const std::exception& problem) {
        running_.reset();
        return Failure{"management: cannot start its threads: " + words_of(problem) +
                       "; accepted are " + std::to_string(limits::management_threads_max) +
                       " an address: raise the limit on processes and threads"};
    }
    return {};
}

Result<void> Server::bind(const std::vector<config::Address>& wanted) {
    if (running_ == nullptr) {
        if (wanted.empty()) {
            return {};
        }
        running_ = std::make_unique<Running>(parts_, settings_);
    }
    auto bound = bind(wanted, *running_);
    if (bound.has_error()) {
        forget_bound();
    }
    return bound;
}

Result<void> Server::bind(const std::vector<config::Address>& wanted, Running& running) {
    for (const config::Address& address : wanted) {
        if (std::ranges::find(running.ports, address, &Port::address) != running.ports.end()) {
            continue;
        }
        const bool overlaps = std::ranges::any_of(running.ports, [&](const Port& port) {
            return port.address.port == address.port && address.port != 0;
        });
        try {
            running.ports.push_back({address, bound_sockets(address, overlaps)});
        } catch (const Poco::Exception& problem) {
            return Failure{"management: cannot listen on " + address_text(address) + ": " +
                           problem.displayText() +
                           "; accepted is a free address of this machine: change "
                           "management.addr or stop what uses it"};
        }
    }
    return {};
}

void Server::forget_bound() noexcept {
    if (running_ != nullptr) {
        std::erase_if(running_->ports, [](const Port& port) { return port.servers.empty(); });
    }
}

void Server::adopt(const Settings& settings) {
    const Time started = settings_.started;
    settings_ = settings;
    settings_.started = started;
    if (running_ == nullptr) {
        return;
    }
    running_->gate.set_token(settings.token);
    const std::size_t before = running_->ports.size();
    try {
        running_->routes.adopt(settings_);
        serve_bound();
        std::erase_if(running_->ports, [&](Port& port) {
            const bool is_wanted =
                std::ranges::find(settings.addr, port.address) != settings.addr.end();
            if (!is_wanted) {
                running_->give_up(port);
            }
            return !is_wanted;
        });
    } catch (const std::exception& problem) {
        parts_.log.write(Severity::error, "management", "its listeners could not all be changed",
                         {{"reason", words_of(problem)}, {"addresses", std::uint64_t{before}}});
    }
}

/// Throws what Poco does.
void Server::serve_bound() {
    if (running_ == nullptr) {
        return;
    }
    for (Port& port : running_->ports) {
        if (port.servers.empty()) {
            running_->serve(port);
            parts_.log.write(Severity::info, "management", "listening",
                             {{"addr", address_text({port.address.host, port.number()})}});
        }
    }
}

void Server::stop() noexcept {
    if (!running_) {
        return;
    }
    running_->stopping = true;
    try {
        for (const Port& port : running_->ports) {
            std::ranges::for_each(port.sockets, stop_accepting);
        }
        for (const Port& port : running_->ports) {
            for (const auto& server : port.servers) {
                server->stop();
            }
        }
        running_->threads.joinAll();
    } catch (const std::exception& problem) {
        parts_.log.write(Severity::error, "management", "could not stop in order",
                         {{"reason", problem.what()}});
    }
    running_.reset();
}

std::vector<std::uint16_t> Server::ports() const {
    std::vector<std::uint16_t> numbers;
    if (running_) {
        std::ranges::transform(running_->ports, std::back_inserter(numbers), &Port::number);
    }
    return numbers;
}

}  // namespace chihaya::management
