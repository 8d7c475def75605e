#pragma once

/// @file steady.hpp
/// Clients that announce all the time, over HTTP and over UDP, and what they see.

#include "tests/redis_program/node.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {

/// What a client got for one announce.
enum class Outcome : std::uint8_t {
    answered,
    refused,  // at once or after a while: "temporarily unavailable", over HTTP with `retry in`
    silent,   // no reply for ten seconds
    strange,  // anything else: no client should see that
};

struct Seen {
    using Clock = std::chrono::steady_clock;

    Clock::time_point asked{};
    Clock::time_point told{};
    Outcome outcome = Outcome::silent;
    std::size_t swarm = 0;  // which of the swarms
    bool is_udp = false;
};

/// Two clients, one for each protocol. Each asks, waits for its reply, rests a few milliseconds and
/// asks again: for the swarms in turn, each time as another peer.
///
/// Thread: its own two; members from one other
class Steady {
public:
    using Clock = Seen::Clock;

    /// Lifetime: the node outlives it
    explicit Steady(const Node& node, std::vector<std::string> swarms = {std::string(hash_b)});
    ~Steady() { stop(); }
    Steady(const Steady&) = delete;
    Steady& operator=(const Steady&) = delete;

    /// Waits until both clients have been told so often.
    void wait_for(Outcome outcome, std::size_t times = 5);
    /// The same, counting from now on only.
    void wait_for_more(Outcome outcome, std::size_t times = 5);
    void stop();

    [[nodiscard]] std::vector<Seen> seen();

private:
    void announce_http();
    void announce_udp();
    void note(const Seen& seen);
    [[nodiscard]] std::size_t count(Outcome outcome, bool is_udp);

    const Node& node_;
    const std::vector<std::string> swarms_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<Seen> seen_;  // under `mutex_`
    std::thread http_;
    std::thread udp_;
};

/// A sum of what clients saw.
struct Sum {
    std::size_t answered = 0;
    std::size_t refused = 0;
    std::size_t silent = 0;
    std::size_t strange = 0;
    std::chrono::milliseconds longest{0};    // that a client waited
    std::chrono::milliseconds out{0};        // between the first and the last refusal
    std::chrono::milliseconds recovered{0};  // from `back` to the first answer, of the slower
};

[[nodiscard]] Sum sum_of(const std::vector<Seen>& seen, Seen::Clock::time_point back);

/// Of those that are about one swarm.
[[nodiscard]] std::vector<Seen> about(const std::vector<Seen>& seen, std::size_t swarm);

/// A line of the failure matrix.
[[nodiscard]] std::string line_of(const std::string& fault, const Sum& sum,
                                  const std::string& lost);

/// Nobody waits longer than this, whatever happens: half a second of `timeout`, and a lot for a
/// machine that has other things to do.
inline constexpr std::chrono::milliseconds longest_wait{5000};

}  // namespace chihaya::test
