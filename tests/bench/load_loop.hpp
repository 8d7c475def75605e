#pragma once

/// @file load_loop.hpp
/// A closed loop: each connection asks, waits for the answer, checks it, and asks again.

#include "tests/bench/histogram.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/reply_check.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace chihaya::bench {

/// The requests of one phase, in order.
class Plan {
public:
    /// Every peer once, swarm after swarm, then the next peer of each: swarms grow side by side.
    static Plan fill(const Options& options) noexcept;

    /// Peers at random that come again, until so many have come or `stop` is called.
    static Plan measure(const Options& options) noexcept;

    [[nodiscard]] std::optional<Asked> next() noexcept;
    void stop() noexcept { at_ = end_; }

private:
    Plan(const Options& options, bool fill, std::uint64_t end) noexcept
        : options_(options), fill_(fill), end_(end) {}

    const Options& options_;
    bool fill_;
    std::uint64_t at_ = 0;
    std::uint64_t end_;
};

/// What a phase came to.
struct Totals {
    std::uint64_t verified = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Fault::count)> faults{};
    std::uint64_t connections = 0;  // opened
    std::uint64_t bytes = 0;        // of all answers
    double seconds = 0;
    double swarm_size = 0;  // mean of the last replies, about a thousand
    Histogram latency;

    [[nodiscard]] std::uint64_t failed() const noexcept;
};

class LoadLoop {
public:
    /// Lifetime: `options` and `plan` outlive the loop
    LoadLoop(const Options& options, Plan& plan, std::uint32_t depth);
    ~LoadLoop();
    LoadLoop(const LoadLoop&) = delete;
    LoadLoop& operator=(const LoadLoop&) = delete;

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

    const Options& options_;
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
