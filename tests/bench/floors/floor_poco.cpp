/// @file floor_poco.cpp
/// One answer to everything on Poco::Net::HTTPServer, a thread for each connection.
/// floor_poco PORT [close]

#include "tests/bench/floors/constant_answer.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <unistd.h>

#include <string>

namespace chihaya::bench {
namespace {

namespace net = Poco::Net;

constexpr int threads_max = 256;

class Answer final : public net::HTTPRequestHandler {
public:
    explicit Answer(const std::string& body) : body_(body) {}

    void handleRequest(net::HTTPServerRequest& /*request*/,
                       net::HTTPServerResponse& response) override {
        response.setContentType("text/plain");
        response.sendBuffer(body_.data(), body_.size());
    }

private:
    const std::string& body_;
};

class Answers final : public net::HTTPRequestHandlerFactory {
public:
    net::HTTPRequestHandler* createRequestHandler(
        const net::HTTPServerRequest& /*request*/) override {
        return new Answer(body_);  // Poco deletes it
    }

private:
    std::string body_ = constant_body();
};

int run(const FloorArguments& arguments) {
    try {
        const net::SocketAddress address("127.0.0.1", arguments.port);
        net::ServerSocket socket(address, threads_max);
        net::HTTPServerParams::Ptr params = new net::HTTPServerParams;
        params->setKeepAlive(!arguments.close);
        params->setMaxThreads(threads_max);
        params->setMaxQueued(threads_max);
        Poco::ThreadPool pool(2, threads_max);
        net::HTTPServer server(new Answers, pool, socket, params);
        server.start();
        for (;;)
            ::pause();
    } catch (const Poco::Exception& error) {
        std::cerr << "floor_poco: " << error.displayText() << "\n";
    }
    return 1;
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    const auto arguments = chihaya::bench::floor_arguments({argv, static_cast<std::size_t>(argc)});
    return arguments ? chihaya::bench::run(*arguments) : 64;
}
