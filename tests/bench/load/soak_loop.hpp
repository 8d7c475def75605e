#pragma once

/// @file soak_loop.hpp
/// A closed loop of connections that outlives its tracker: what was not answered is asked again.

#include "tests/bench/load/soak_peers.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::bench {

class SoakLoop {
public:
    /// Lifetime: `peers` outlives the loop
    SoakLoop(const SoakOptions& options, SoakPeers& peers);
    ~SoakLoop();
    SoakLoop(const SoakLoop&) = delete;
    SoakLoop& operator=(const SoakLoop&) = delete;

    /// Asks what is ready for so many milliseconds, at most. False: every peer is done.
    [[nodiscard]] bool turn(int milliseconds);

    struct Counts {
        std::uint64_t answered = 0;
        std::uint64_t refused = 0;                   // "temporarily unavailable"
        std::uint64_t lost = 0;                      // requests without an answer
        std::uint64_t broken = 0;                    // attempts to connect that failed
        std::map<std::string, std::uint64_t> wrong;  // other answers
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

private:
    struct Connection {
        int fd = -1;
        std::int64_t peer = -1;  // who waits for an answer on it
        std::uint64_t since = 0;
        std::size_t size = 0;
        std::vector<char> input;
    };

    void ask(Connection& connection);
    [[nodiscard]] bool open(Connection& connection) const;
    void receive(Connection& connection);
    void take(Connection& connection, std::string_view body);
    void drop(Connection& connection);
    void sweep();

    const SoakOptions& options_;
    SoakPeers& peers_;
    int epoll_;
    std::vector<Connection> connections_;
    std::vector<char> output_;
    Counts counts_;
    std::uint64_t now_ = 0;
    std::uint64_t swept_ = 0;
};

}  // namespace chihaya::bench
