#include "core/management/connection.hpp"

#include "core/base/limits.hpp"
#include "core/management/deadline_socket.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace chihaya::management {
namespace {

using namespace std::chrono_literals;

using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr std::chrono::milliseconds idle_look_up_time = 200ms;

Poco::Timespan timespan(std::chrono::milliseconds duration) {
    return {static_cast<Poco::Timespan::TimeDiff>(std::chrono::microseconds(duration).count())};
}

/// Empty when absent.
std::string_view header(const HTTPServerRequest& request, const std::string& name) {
    const auto found = request.find(name);
    return found == request.end() ? std::string_view() : found->second;
}

/// A request's body, read when somebody asks for it.
class Body {
public:
    explicit Body(HTTPServerRequest& request)
        : request_(request),
          is_chunked_(request.getChunkedTransferEncoding()),
          length_(request.hasContentLength() ? request.getContentLength64() : 0) {}

    /// Errors: empty when it is longer than allowed, or did not come whole
    [[nodiscard]] std::optional<std::string> read() {
        if (!is_expected()) {
            return std::string();
        }
        std::string body;
        std::array<char, 4096> piece{};
        std::istream& stream = request_.stream();
        while (!is_too_long(body.size()) &&
               (stream.read(piece.data(), piece.size()), stream.gcount() > 0)) {
            body.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
        }
        is_cut_short_ = stream.bad() || (!is_chunked_ && !is_too_long(body.size()) &&
                                         body.size() < static_cast<std::uint64_t>(length_));
        is_read_ = !is_too_long(body.size()) && !is_cut_short_;
        return is_read_ ? std::optional(std::move(body)) : std::nullopt;
    }

    /// The connection ended, or its time did, before the body did.
    [[nodiscard]] bool is_cut_short() const noexcept { return is_cut_short_; }
    [[nodiscard]] bool is_left_unread() const noexcept { return is_expected() && !is_read_; }

private:
    /// Without either header there is none: Poco would read until the connection ends.
    [[nodiscard]] bool is_expected() const noexcept { return is_chunked_ || length_ > 0; }
    [[nodiscard]] bool is_too_long(std::size_t received) const noexcept {
        return received > limits::management_body_max ||
               length_ > static_cast<std::int64_t>(limits::management_body_max);
    }

    HTTPServerRequest& request_;
    bool is_chunked_;
    std::int64_t length_;
    bool is_read_ = false;
    bool is_cut_short_ = false;
};

/// Answers the one request of a connection.
class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    Handler(const Context& context, bool listener_on_loopback, DeadlineSocket& socket)
        : context_(context), listener_on_loopback_(listener_on_loopback), socket_(socket) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        Body body(request);
        const Reply reply = answer(request, body);
        send(body.is_cut_short() ? bad_request("the body ended early") : reply, request, response);
        if (body.is_left_unread()) {
            linger();
        }
    }

private:
    [[nodiscard]] Reply answer(HTTPServerRequest& request, Body& body) {
        try {
            const auto target = parse_target(request.getURI());
            if (!target) {
                return not_found();
            }
            const bool is_head = request.getMethod() == HTTPRequest::HTTP_HEAD;
            const std::string& method = is_head ? HTTPRequest::HTTP_GET : request.getMethod();
            const Caller caller{.authorization = header(request, "Authorization"),
                                .host = header(request, "Host"),
                                .origin = header(request, "Origin"),
                                .listener_on_loopback = listener_on_loopback_};
            return context_.routes.answer({.method = method,
                                           .target = *target,
                                           .access = context_.gate.judge(caller),
                                           .body = [&body] {
                                               return body.read();
                                           }});
        } catch (const std::exception& problem) {
            context_.log.write(Severity::error, "management", "a request failed",
                               {{"reason", problem.what()}});
            return text_reply(500, "internal error");
        }
    }

    static void send(const Reply& reply, HTTPServerRequest& request, HTTPServerResponse& response) {
        response.setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(reply.status));
        response.setContentType(reply.content_type);
        response.setContentLength64(static_cast<std::int64_t>(reply.body.size()));
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Cache-Control", "no-store");
        if (reply.allow != nullptr) {
            response.set("Allow", reply.allow);
        }
        if (reply.status == HTTPResponse::HTTP_UNAUTHORIZED) {
            response.set("WWW-Authenticate", "Bearer");
        }
        std::ostream& stream = response.send();
        if (request.getMethod() != HTTPRequest::HTTP_HEAD) {
            stream << reply.body;
        }
        stream.flush();
    }

    /// Closing with unread input would reset the connection before the caller has seen the answer.
    void linger() {
        socket_.shutdownSend();
        socket_.set_deadline(std::chrono::steady_clock::now() + limits::linger_time);
        std::array<char, 4096> piece{};
        std::size_t dropped = 0;
        int received = 1;
        while (received > 0 && dropped < limits::linger_bytes_max) {
            received = socket_.receiveBytes(piece.data(), static_cast<int>(piece.size()), 0);
            dropped += static_cast<std::size_t>(std::max(received, 0));
        }
    }

    Context context_;
    bool listener_on_loopback_;
    DeadlineSocket& socket_;
};

class Handlers final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    Handlers(const Context& context, bool listener_on_loopback, DeadlineSocket& socket)
        : context_(context), listener_on_loopback_(listener_on_loopback), socket_(socket) {}

    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const HTTPServerRequest& /*request*/) override {
        return std::make_unique<Handler>(context_, listener_on_loopback_, socket_).release();
    }

private:
    Context context_;
    bool listener_on_loopback_;
    DeadlineSocket& socket_;
};

/// Poco's connection, which throws what it cannot answer: a peer that went away, a timeout.
class Connection final : public Poco::Net::HTTPServerConnection {
public:
    Connection(const Poco::Net::StreamSocket& socket,
               const Poco::Net::HTTPServerParams::Ptr& params,
               const Poco::Net::HTTPRequestHandlerFactory::Ptr& handlers, Log& log)
        : HTTPServerConnection(socket, params, handlers), log_(log) {}

    void run() override {
        try {
            HTTPServerConnection::run();
        } catch (const std::exception& problem) {
            log_.write(Severity::debug, "management", "a connection ended early",
                       {{"reason", problem.what()}});
        }
    }

private:
    Log& log_;
};

class Connections final : public Poco::Net::TCPServerConnectionFactory {
public:
    Connections(const Context& context, bool listener_on_loopback)
        : context_(context), listener_on_loopback_(listener_on_loopback) {}

    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& plain) override {
        const auto deadline = std::chrono::steady_clock::now() + limits::management_connection_time;
        auto* const bounded = new DeadlineSocket(plain, deadline, context_.stopping);
        const Poco::Net::StreamSocket socket(bounded);  // owns it; Poco counts references
        const Poco::Net::HTTPRequestHandlerFactory::Ptr handlers(
            new Handlers(context_, listener_on_loopback_, *bounded));
        return new Connection(socket, params_, handlers, context_.log);
    }

private:
    Context context_;
    bool listener_on_loopback_;
    Poco::Net::HTTPServerParams::Ptr params_ = connection_params();
};

}  // namespace

Poco::Net::TCPServerConnectionFactory::Ptr connection_factory(const Context& context,
                                                              bool listener_on_loopback) {
    return {new Connections(context, listener_on_loopback)};
}

Poco::Net::HTTPServerParams::Ptr connection_params() {
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(limits::management_threads_max);
    params->setMaxQueued(limits::management_queue_max);
    params->setTimeout(timespan(limits::request_head_time));
    params->setKeepAlive(false);
    // A thread that finds nothing to do just when the server stops is not woken: it looks itself.
    params->setThreadIdleTime(timespan(idle_look_up_time));
    return params;
}

}  // namespace chihaya::management
