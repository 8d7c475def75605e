#pragma once

/// @file http_worker.hpp
/// A worker without its thread that listens for HTTP on loopback.

#include "core/frontend/http_frontend.hpp"
#include "tests/support/http_client.hpp"
#include "tests/unit/frontend/slow_worker.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace chihaya::frontend {

/// A worker with the HTTP front end and a socket on loopback.
struct HttpWorker : SlowWorker {
    explicit HttpWorker(bool is_private = false, const ColdWork& cold_work = {},
                        const HttpSettings& settings = {})
        : HttpWorker(policy_of(is_private), cold_work, settings) {}
    explicit HttpWorker(const logic::Policy& decided, const ColdWork& cold_work = {},
                        const HttpSettings& settings = {})
        : SlowWorker(decided), front_end(loop, tracker, roster, cold_work, counters, settings) {
        const net::BoundSocket bound = on_loopback(net::Transport::tcp);
        port = bound.port;
        REQUIRE(::listen(bound.socket, SOMAXCONN) == 0);
        front_end.listen(bound);
        loop.at_turn_end(Task::to<&HttpWorker::end_turn>(*this));
    }
    ~HttpWorker() {
        front_end.close_all();
        session.release();
        end_turn();
        while (loop.turn(false)) {
        }
    }
    HttpWorker(const HttpWorker&) = delete;
    HttpWorker& operator=(const HttpWorker&) = delete;

    void end_turn() noexcept {
        if (tracker.end_turn(loop.now())) {
            loop.ask_for_turn();
        }
    }

    /// The next reply to `client`.
    test::HttpReply reply(test::TcpClient& client) {
        until([&] { return has_something(client); });
        return client.read_reply();
    }

    /// Has anything come that nobody has read?
    static bool has_something(const test::TcpClient& client) {
        pollfd watched{client.native_handle(), POLLIN, 0};
        return ::poll(&watched, 1, 0) > 0;
    }

    /// Turns until so many announces wait for their answer.
    void until_waiting(std::size_t announces) {
        until([&] { return session.announces.size() == announces; });
    }

    HttpFrontend front_end;
    std::uint16_t port = 0;
};

}  // namespace chihaya::frontend
