#include "tests/gazelle/site_server.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace chihaya::gazelle::test {
namespace {

namespace net = Poco::Net;

class Page final : public net::HTTPRequestHandler {
public:
    explicit Page(SiteServer& server) : server_(server) {}
    void handleRequest(net::HTTPServerRequest& request,
                       net::HTTPServerResponse& response) override {
        const auto reply = server_.take({request.getURI(), request.getVersion(), request.getHost(),
                                         request.get("Connection", ""), request.get("Accept", "")});
        response.setStatus(static_cast<net::HTTPResponse::HTTPStatus>(reply.status));
        response.setContentType("text/html");
        response.send() << reply.body;
    }

private:
    SiteServer& server_;
};

class Pages final : public net::HTTPRequestHandlerFactory {
public:
    explicit Pages(SiteServer& server) : server_(server) {}
    net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
        return new Page(server_);  // Poco deletes it
    }

private:
    SiteServer& server_;
};

}  // namespace

SiteCertificate::SiteCertificate() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout '" +
        key() + "' -out '" + file() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) {  // NOLINT(cert-env33-c): a test's own words
        throw std::runtime_error("failed: " + command);
    }
}

SiteServer::SiteServer(std::uint16_t port) {
    net::ServerSocket socket;
    socket.bind(net::SocketAddress("127.0.0.1", port), true);
    serve(socket);
}

SiteServer::SiteServer(const SiteCertificate& certificate) {
    const net::Context::Ptr context(new net::Context(net::Context::TLS_SERVER_USE,
                                                     certificate.key(), certificate.file(), "",
                                                     net::Context::VERIFY_NONE));
    net::SecureServerSocket socket(context);
    socket.bind(net::SocketAddress("127.0.0.1", 0), true);
    serve(socket);
}

void SiteServer::serve(const net::ServerSocket& socket) {
    net::ServerSocket listening(socket);
    listening.listen();
    port_ = listening.address().port();
    server_ =
        std::make_unique<net::HTTPServer>(new Pages(*this), listening, new net::HTTPServerParams());
    server_->start();
}

SiteServer::~SiteServer() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    server_->stopAll(true);
}

void SiteServer::will_answer(std::vector<Reply> replies) {
    const std::lock_guard lock(mutex_);
    std::reverse(replies.begin(), replies.end());
    replies_ = std::move(replies);
}

void SiteServer::fall_silent() {
    const std::lock_guard lock(mutex_);
    is_silent_ = true;
}

std::vector<SiteServer::Request> SiteServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::vector<std::string> SiteServer::tokens() const {
    std::vector<std::string> all;
    for (const Request& request : requests()) {
        const std::size_t at = request.target.find("tokens=");
        all.push_back(at == std::string::npos ? "none" : request.target.substr(at + 7));
    }
    return all;
}

SiteServer::Reply SiteServer::take(const Request& request) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    requests_.back().at = std::chrono::steady_clock::now();
    while (is_silent_ && !ends_) {
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        lock.lock();
    }
    if (replies_.empty()) {
        return {};
    }
    Reply reply = std::move(replies_.back());
    replies_.pop_back();
    return reply;
}

}  // namespace chihaya::gazelle::test
