#pragma once

/// @file site_server.hpp
/// The site's web server, as far as its tools.php goes: notes what it is asked and answers as told.

#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace Poco::Net {
class HTTPServer;
class ServerSocket;
}  // namespace Poco::Net

namespace chihaya::gazelle::test {

/// A certificate of a test's own for the name localhost, signed by itself.
class SiteCertificate {
public:
    /// Errors: std::runtime_error when openssl does not make one
    SiteCertificate();
    [[nodiscard]] std::string file() const { return (dir_ / "site.crt").string(); }
    [[nodiscard]] std::string key() const { return (dir_ / "site.key").string(); }

private:
    chihaya::test::TempDir dir_;
};

/// Thread: any
class SiteServer {
public:
    struct Request {
        std::string target;
        std::string version;
        std::string host;
        std::string connection;
        std::string accept;
        std::chrono::steady_clock::time_point at{};  // when it was noted
    };
    struct Reply {
        int status = 200;
        std::string body{};
    };

    /// On `port` of 127.0.0.1, or on one that the system chooses.
    explicit SiteServer(std::uint16_t port = 0);
    /// Speaks TLS.
    explicit SiteServer(const SiteCertificate& certificate);
    ~SiteServer();
    SiteServer(const SiteServer&) = delete;
    SiteServer& operator=(const SiteServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/gazelle/";
    }

    /// The next requests have these replies, one each; those after them 200 and nothing.
    void will_answer(std::vector<Reply> replies);

    /// From now on a request gets no answer until the server ends.
    void fall_silent();

    [[nodiscard]] std::vector<Request> requests() const;

    /// What was asked for in the order in which it came: the value of `tokens`.
    [[nodiscard]] std::vector<std::string> tokens() const;

    /// Notes a request. Returns: how to answer it
    Reply take(const Request& request);

private:
    void serve(const Poco::Net::ServerSocket& socket);

    mutable std::mutex mutex_;
    std::vector<Request> requests_;
    std::vector<Reply> replies_;  // the next one last
    bool is_silent_ = false;
    bool ends_ = false;
    std::uint16_t port_ = 0;
    std::unique_ptr<Poco::Net::HTTPServer> server_;
};

}  // namespace chihaya::gazelle::test
