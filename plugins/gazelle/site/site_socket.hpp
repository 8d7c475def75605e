#pragma once

/// @file site_socket.hpp
/// The way to the site's web server, which another thread can cut.

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>

#include <memory>
#include <mutex>

namespace chihaya::gazelle {

/// Thread: one at a time, but for `interrupt`
class SiteSocket {
public:
    /// Shape: `url` is http:// or https://
    explicit SiteSocket(Poco::URI url);
    ~SiteSocket() { let_go(); }
    SiteSocket(const SiteSocket&) = delete;
    SiteSocket& operator=(const SiteSocket&) = delete;

    /// A new connection; the certificate of https is checked against those the system trusts.
    /// Errors: Poco::Exception
    [[nodiscard]] std::unique_ptr<Poco::Net::HTTPClientSession> connect();

    /// The session is over. It is not closed before.
    void let_go() noexcept;

    /// From now on every connection ends at once. Thread: any
    void interrupt() noexcept;

private:
    void wait_until_connected(Poco::Net::StreamSocket& socket);
    [[nodiscard]] bool is_interrupted();

    const Poco::URI url_;
    std::mutex mutex_;
    bool interrupted_ = false;  // under `mutex_`
    int to_cut_ = -1;           // likewise: a descriptor of our own, for Poco's may be closed
};

}  // namespace chihaya::gazelle
