#pragma once

/// @file http_loop.hpp
/// A closed loop: each connection asks, waits for the answer, checks it, and asks again.

#include "tests/bench/load/http_options.hpp"
#include "tests/bench/load/http_reply.hpp"
#include "tests/bench/load/plan.hpp"
#include "tests/bench/load/totals.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace chihaya::bench {

class HttpLoop {
public:
    /// Lifetime: `options` and `plan` outlive the loop
    HttpLoop(const HttpOptions& options, Plan& plan, std::uint32_t depth);
    ~HttpLoop();
    HttpLoop(const HttpLoop&) = delete;
    HttpLoop& operator=(const HttpLoop&) = delete;

    /// Runs the plan to its end, or for so many seconds (0: no bound), or until a thousand faults.
    [[nodiscard]] Totals run(double seconds);

private:
    struct Connection {
        int fd = -1;
        bool unsent = false;   // the output waits for the connection to be made
        bool closing = false;  // answered; the server's end is awaited
        std::uint32_t answered = 0;
        std::vector<Asked> asked;
        std::uint64_t started = 0;
        std::size_t output_size = 0;
        std::size_t input_size = 0;
        std::vector<char> output;
        std::vector<char> input;
    };

    void begin(Connection& connection);
    [[nodiscard]] bool open(Connection& connection);
    [[nodiscard]] bool send(Connection& connection);
    void receive(Connection& connection);
    [[nodiscard]] Fault consume(Connection& connection);
    void settle(Connection& connection, std::string_view body);
    void ended(Connection& connection);
    void fail(Connection& connection, Fault fault);
    static void drop(Connection& connection);
    void watch(Connection& connection, int operation, std::uint32_t events) const;
    void sweep();

    const HttpOptions& options_;
    Plan& plan_;
    std::uint32_t depth_;
    int epoll_;
    std::uint64_t now_ = 0;
    BodyCheck check_;
    Totals totals_;
    std::vector<Connection> connections_;
    std::size_t active_ = 0;
};

}  // namespace chihaya::bench
