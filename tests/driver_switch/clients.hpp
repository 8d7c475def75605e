#pragma once

/// @file clients.hpp
/// Clients that announce all the time, and remember what that makes of the swarms.

#include "tests/driver_switch/world.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {

inline constexpr std::uint32_t swarm_count = 30;

/// The swarm of this number.
[[nodiscard]] InfoHash swarm_of(std::uint32_t number);

/// Some clients over HTTP, on connections that stay open, and some over UDP; each has peers of its
/// own in all swarms, who come, complete, go on and leave. In private mode each is an account,
/// `user_of` its number, and all talk HTTP.
/// Thread: its own; members from one other
class Clients {
public:
    /// Lifetime: the world outlives them
    Clients(World& world, bool is_private);
    ~Clients();
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    /// Waits until so many more announces have been answered.
    void wait_for(std::uint64_t announces);
    void stop();

    [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

    // Once they have stopped.
    [[nodiscard]] std::map<std::uint32_t, SwarmAsItIs> swarms() const;
    [[nodiscard]] std::map<Account, Credit> credits() const;

    static constexpr std::uint32_t http_clients = 4;
    static constexpr std::uint32_t udp_clients = 2;

private:
    struct Client;

    void run(Client& client);
    void announce_over_http(Client& client);
    void announce_over_udp(Client& client);

    World& world_;
    const bool is_private_;
    std::atomic<bool> ends_{false};
    std::atomic<std::uint64_t> answered_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::thread> threads_;
};

}  // namespace chihaya::test
