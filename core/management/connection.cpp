#include "core/management/connection.hpp"

#include "core/base/limits.hpp"
#include "core/management/body.hpp"
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
#include <memory>
#include <ostream>
#include <span>
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

/// Answers the one request of a connection.
class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    Handler(const Context& context, bool listener_on_loopback, DeadlineSocket& socket)
        : context_(context), listener_on_loopback_(listener_on_loopback), socket_(socket) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        Body body(request, response, socket_);
        const Reply reply = answer(request, body);
        // A reply is due even when what it took has used up the time: many pieces, a reload.
        socket_.set_deadline(std::chrono::steady_clock::now() + limits::bulk_piece_time);
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
            return context_.routes.answer(
                {.method = method,
                 .target = *target,
                 .access = context_.gate.judge(caller),
                 .body = [&body] { return body.read(); },
                 .piece = [&body](std::span<char> room) { return body.next(room); },
                 .accept = header(request, "Accept"),
                 .content_type = header(request, "Content-Type")});
        } catch (const std::exception& problem) {
            context_.log.write(Severity::error, "management", "a request failed",
                               {{"reason", problem.what()}});
            return text_reply(500, "internal error");
        }
    }

    void send(const Reply& reply, HTTPServerRequest& request, HTTPServerResponse& response) {
        response.setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(reply.status));
        response.setContentType(reply.content_type);
        if (!reply.next_piece) {
            response.setContentLength64(static_cast<std::int64_t>(reply.body.size()));
        } else if (request.getVersion() != HTTPRequest::HTTP_1_0) {
            response.setChunkedTransferEncoding(true);
        }
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Cache-Control", reply.cache_control);
        if (reply.security_policy != nullptr) {
            response.set("Content-Security-Policy", reply.security_policy);
            response.set("Referrer-Policy", "no-referrer");
        }
        if (reply.allow != nullptr) {
            response.set("Allow", reply.allow);
        }
        if (reply.status == HTTPResponse::HTTP_UNAUTHORIZED) {
            response.set("WWW-Authenticate", "Bearer");
        }
        std::ostream& stream = response.send();
        if (request.getMethod() == HTTPRequest::HTTP_HEAD) {
            stream.flush();
            return;
        }
        if (reply.next_piece) {
            send_pieces(reply, stream);
        } else {
            stream << reply.body;
        }
        stream.flush();
    }

    /// A reply that breaks off must not look whole: nothing more leaves, and Poco's end of it does
    /// not either.
    void send_pieces(const Reply& reply, std::ostream& stream) {
        socket_.end_writes_at_stop();
        try {
            for (auto piece = reply.next_piece(); !piece.empty(); piece = reply.next_piece()) {
                write_slowly(piece, stream);
            }
        } catch (...) {
            socket_.set_deadline(DeadlineSocket::Moment());
            throw;
        }
    }

    void write_slowly(std::string_view text, std::ostream& stream) {
        while (!text.empty()) {
            socket_.begin_piece();
            const auto size = std::min(text.size(), limits::bulk_piece_max);
            if (!stream.write(text.data(), static_cast<std::streamsize>(size))) {
                throw Poco::IOException("the reader went away, or stopped reading");
            }
            text.remove_prefix(size);
        }
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

    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override {
        // Anything but 200 keeps Poco from asking for the body before it is known who sends it.
        request.response().setStatus(HTTPResponse::HTTP_CONTINUE);
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
