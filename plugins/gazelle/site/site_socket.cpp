#include "plugins/gazelle/site/site_socket.hpp"

#include "plugins/gazelle/limits.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace chihaya::gazelle {
namespace {

namespace net = Poco::Net;
using std::chrono::milliseconds;

Poco::Timespan timespan(milliseconds time) {
    return {static_cast<Poco::Timespan::TimeDiff>(time.count()) * Poco::Timespan::MILLISECONDS};
}

/// So soon it is noticed that nobody waits for the connection any more.
constexpr milliseconds look_around{100};

/// Less strict, Poco would not compare the names of a host of this machine.
net::Context::Ptr trusted() {
    return new net::Context(net::Context::TLS_CLIENT_USE, "", net::Context::VERIFY_STRICT, 9, true);
}

}  // namespace

SiteSocket::SiteSocket(Poco::URI url) : url_(std::move(url)) {}

bool SiteSocket::is_interrupted() {
    const std::lock_guard lock(mutex_);
    return interrupted_;
}

void SiteSocket::wait_until_connected(net::StreamSocket& socket) {
    const auto late = std::chrono::steady_clock::now() + limits::token_call_timeout;
    using Socket = net::Socket;
    while (!socket.poll(timespan(look_around), Socket::SELECT_WRITE | Socket::SELECT_ERROR)) {
        if (is_interrupted() || std::chrono::steady_clock::now() >= late) {
            throw Poco::TimeoutException("no connection to the site");
        }
    }
    if (const int error = socket.impl()->socketError(); error != 0) {
        throw net::NetException("no connection to the site", error);
    }
}

std::unique_ptr<net::HTTPClientSession> SiteSocket::connect() {
    let_go();
    net::StreamSocket socket;
    socket.connectNB(net::SocketAddress(url_.getHost(), url_.getPort()));
    wait_until_connected(socket);
    socket.setBlocking(true);
    socket.setReceiveTimeout(timespan(limits::token_call_timeout));
    socket.setSendTimeout(timespan(limits::token_call_timeout));
    {
        const std::lock_guard lock(mutex_);
        if (interrupted_) {
            throw Poco::TimeoutException("interrupted");
        }
        to_cut_ = dup(socket.impl()->sockfd());
    }
    // A plain session over a secure socket: Poco's own for https takes no connected one.
    auto session = std::make_unique<net::HTTPClientSession>(
        url_.getScheme() == "https"
            ? net::SecureStreamSocket::attach(socket, url_.getHost(), trusted())
            : socket);
    session->setTimeout(timespan(limits::token_call_timeout));
    return session;
}

void SiteSocket::let_go() noexcept {
    const std::lock_guard lock(mutex_);
    if (to_cut_ >= 0) {
        close(to_cut_);
        to_cut_ = -1;
    }
}

void SiteSocket::interrupt() noexcept {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (to_cut_ >= 0) {
        shutdown(to_cut_, SHUT_RDWR);
    }
}

}  // namespace chihaya::gazelle
