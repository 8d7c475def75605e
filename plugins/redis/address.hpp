#pragma once

/// @file address.hpp
/// Socket addresses, and how names become some without blocking a loop.

#include "chihaya/host.hpp"
#include "plugins/redis/endpoint.hpp"

#include <sys/socket.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::redis {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
};

/// The address of a unix socket, or of a host that is no name. Nothing is looked up.
[[nodiscard]] std::optional<Address> literal_address(const Endpoint& endpoint) noexcept;

/// Looks one name up at a time, on a thread that lives as long as the lookup does: getaddrinfo can
/// only block, and names are rare.
///
/// Thread:   the Host's
/// Lifetime: destruction, or `stop`, waits for the lookup under way; forget `done`'s subject after
///           that
class Resolver {
public:
    /// `done` is posted when a lookup has ended.
    Resolver(Host& host, Task done) noexcept : host_(host), done_(done) {}
    ~Resolver() { stop(); }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    void stop() noexcept;

    /// Starts a lookup, unless one is under way that is too late for somebody else: then `done`
    /// comes with that one's result.
    /// Errors: false when there can be no thread
    bool start(const Endpoint& endpoint) noexcept;

    /// After `done`: what was looked up, and what was found; nothing when a lookup is under way.
    struct Result {
        Endpoint endpoint;
        std::vector<Address> addresses;
        std::string fault;  // why there are none
    };
    [[nodiscard]] std::optional<Result> take() noexcept;

private:
    void look_up() noexcept;

    Host& host_;
    const Task done_;
    std::thread thread_;
    Result result_;                      // the thread's, until it has ended
    std::atomic<bool> finished_{false};  // the thread has nothing more to do
};

}  // namespace chihaya::redis
