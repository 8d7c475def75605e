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
#include <utility>

namespace chihaya::management {
namespace {

using Poco::Net::IPAddress;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;

/// Binds one family of an address. Throws Poco's exceptions.
ServerSocket bound_socket(const std::string& host, std::uint16_t port) {
    const SocketAddress address(IPAddress(host), port);
    ServerSocket socket;
    if (address.family() == SocketAddress::IPv6) {
        socket.bind6(address, true, false, true);
    } else {
        socket.bind(address, true, false);
    }
    socket.listen(limits::management_queue_max);
    return socket;
}

/// The sockets of one configured address: an empty host has one of each family the machine has.
std::vector<ServerSocket> bound_sockets(const config::Address& address) {
    if (!address.host.empty()) {
        return {bound_socket(address.host, address.port)};
    }
    std::vector<ServerSocket> sockets{bound_socket("0.0.0.0", address.port)};
    try {
        sockets.push_back(bound_socket("::", sockets.front().address().port()));
    } catch (const Poco::Net::NetException& problem) {
        if (problem.code() != EAFNOSUPPORT && problem.code() != EADDRNOTAVAIL) {
            throw;
        }
    }
    return sockets;
}

std::string address_text(const config::Address& address) {
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? '[' + address.host + ']' : address.host;
    return host + ':' + std::to_string(address.port);
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

struct Server::Running {
    Running(const Parts& parts, const Settings& settings)
        : routes(parts, settings), gate(settings.token), log(parts.log) {}

    /// Throws Poco's exceptions; then nothing is served when this object goes.
    void serve(std::vector<ServerSocket> bound) {
        sockets = std::move(bound);
        const int capacity = limits::management_threads_max * static_cast<int>(sockets.size());
        threads = std::make_unique<Poco::ThreadPool>("management", 1, std::max(1, capacity));
        const Context context{.routes = routes, .gate = gate, .log = log, .stopping = stopping};
        for (const ServerSocket& socket : sockets) {
            const bool on_loopback = socket.address().host().isLoopback();
            servers.push_back(std::make_unique<Poco::Net::TCPServer>(
                connection_factory(context, on_loopback), *threads, socket, connection_params()));
            servers.back()->start();
        }
    }

    Routes routes;
    Gate gate;
    Log& log;
    std::atomic<bool> stopping{false};
    std::vector<std::uint16_t> ports;
    std::vector<ServerSocket> sockets;
    std::unique_ptr<Poco::ThreadPool> threads;
    std::vector<std::unique_ptr<Poco::Net::TCPServer>> servers;
};

Server::Server(Parts parts, Settings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {}

Server::~Server() {
    stop();
}

Result<void> Server::start() {
    auto running = std::make_unique<Running>(parts_, settings_);
    std::vector<ServerSocket> sockets;
    for (const config::Address& address : settings_.addr) {
        try {
            const auto bound = bound_sockets(address);
            running->ports.push_back(bound.front().address().port());
            sockets.insert(sockets.end(), bound.begin(), bound.end());
        } catch (const Poco::Exception& problem) {
            return Failure{"management: cannot listen on " + address_text(address) + ": " +
                           problem.displayText() +
                           "; accepted is a free address of this machine: change "
                           "management.addr or stop what uses it"};
        }
    }
    try {
        running->serve(std::move(sockets));
    } catch (const Poco::Exception& problem) {
        return Failure{"management: cannot start its threads: " + problem.displayText() +
                       "; accepted are " + std::to_string(limits::management_threads_max) +
                       " an address: raise the limit on processes and threads"};
    }
    running_ = std::move(running);
    for (std::size_t i = 0; i < settings_.addr.size(); ++i) {
        parts_.log.write(Severity::info, "management", "listening",
                         {{"addr", address_text({settings_.addr[i].host, running_->ports[i]})}});
    }
    return {};
}

void Server::stop() noexcept {
    if (!running_) {
        return;
    }
    running_->stopping = true;
    try {
        std::ranges::for_each(running_->sockets, stop_accepting);
        for (const auto& server : running_->servers) {
            server->stop();
        }
        running_->threads->joinAll();
    } catch (const std::exception& problem) {
        parts_.log.write(Severity::error, "management", "could not stop in order",
                         {{"reason", problem.what()}});
    }
    running_.reset();
}

std::vector<std::uint16_t> Server::ports() const {
    return running_ ? running_->ports : std::vector<std::uint16_t>();
}

}  // namespace chihaya::management
