#pragma once

/// @file load.hpp
/// Clients of every kind that announce without pause and check every answer.

#include "tests/support/chihaya_process.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {

/// Each client is one peer of its own swarm, and there for good: what a scrape says afterwards is
/// known.
class Load {
public:
    /// `path`: in front of `/announce`, a passkey's. One client keeps its connection, one begins
    /// its requests and pauses, one makes a connection for each, one speaks UDP with the connection
    /// id that it got at the beginning. `restarts`: the tracker will be stopped and started, so
    /// that a kept connection may end before a request, and is made again; nobody pauses then.
    Load(std::uint16_t http, std::uint16_t udp, std::string path = "", bool restarts = false);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Returns when every client has been answered `count` times more.
    void wait_for_answers(std::uint64_t count) const;

    /// Ends it. Returns: what went wrong, a line each
    std::vector<std::string> stop();

    /// So many answers there were.
    [[nodiscard]] std::uint64_t answers() const;

    /// So many clients there are, and swarms.
    static constexpr std::size_t clients = 4;
    /// That of one client.
    [[nodiscard]] static std::string swarm(std::size_t client);

private:
    void keep_alive(std::size_t client, bool pauses);
    void singly(std::size_t client);
    void by_udp(std::size_t client);
    [[nodiscard]] std::string http_request(std::size_t client) const;
    void check(std::size_t client, const std::string& body);
    void failed(std::size_t client, const std::string& how);

    const std::uint16_t http_;
    const std::uint16_t udp_;
    const std::string path_;
    const bool restarts_;
    std::atomic<bool> ends_{false};
    std::vector<std::atomic<std::uint64_t>> answers_;
    std::mutex mutex_;
    std::vector<std::string> failures_;
    std::vector<std::thread> threads_;
};

/// As many times as said, another process takes the tracker's place while a load runs: checks that
/// every request was answered, that every client is still in its swarm, and that the last one
/// stops.
void hand_over_under_load(ChihayaProcess& process, int times);

}  // namespace chihaya::test
