#pragma once

/// @file listener.hpp
/// A management listener on loopback with a roster, drivers that do as they are told, and an HTTP
/// client.

#include "core/management/server.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <doctest/doctest.h>

#include <istream>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace chihaya::test {

struct Answer {
    int status = 0;
    std::string body;
    std::map<std::string, std::string> headers;
};

inline constexpr const char* json_content = "application/json; charset=UTF-8";
inline constexpr const char* text_content = "text/plain; charset=utf-8";

class Listener {
public:
    ScriptedTracker tracker;
    ScriptedBackend backend;
    Log log{[](Severity, const std::string&) {
    }};
    logic::Roster roster{tracker};
    metrics::WorkerCounters counters;
    metrics::PopularityTotals popular;
    management::Circumstances circumstances;
    management::Settings settings{.addr = {{"127.0.0.1", 0}},
                                  .token = "",
                                  .client_whitelist_enabled = true,
                                  .private_mode = true,
                                  .started = Time(std::chrono::seconds(1'400'000'000)),
                                  .version = "1.2.3",
                                  .tracker_driver = "memory",
                                  .backend_driver = "noop"};
    std::unique_ptr<management::Server> server;

    void start() {
        make();
        REQUIRE(server->start().has_value());
    }

    /// As the settings say now.
    void make() {
        management::Parts parts{.roster = roster,
                                .tracker = tracker,
                                .backend = backend,
                                .log = log,
                                .counters = [this] {
                                    metrics::Snapshot sum;
                                    sum.add(counters);
                                    return sum;
                                }};
        parts.popular_clients = parts.popular_swarms = [this] {
            return popular;
        };
        parts.circumstances = [this] {
            return circumstances;
        };
        server = std::make_unique<management::Server>(std::move(parts), settings);
    }

    [[nodiscard]] std::uint16_t port() const { return server->ports().front(); }

    using Headers = std::map<std::string, std::string>;

    [[nodiscard]] Answer ask(const std::string& method, const std::string& target,
                             const std::string& body = "", const Headers& headers = {}) const {
        using namespace Poco::Net;
        HTTPClientSession session("127.0.0.1", port());
        HTTPRequest request(method, target, HTTPMessage::HTTP_1_1);
        if (!body.empty()) {
            request.setContentLength64(static_cast<std::int64_t>(body.size()));
        }
        for (const auto& [name, value] : headers) {
            request.set(name, value);
        }
        session.sendRequest(request) << body;
        HTTPResponse response;
        std::istream& stream = session.receiveResponse(response);
        Answer answer{.status = response.getStatus(), .body = {}, .headers = {}};
        Poco::StreamCopier::copyToString(stream, answer.body);
        answer.headers.insert(response.begin(), response.end());
        return answer;
    }

    [[nodiscard]] Answer get(const std::string& target) const { return ask("GET", target); }
};

}  // namespace chihaya::test
