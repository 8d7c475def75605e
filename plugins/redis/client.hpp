#pragma once

/// @file client.hpp
/// The driver's own way to Redis, off the path of announces: one command, or a pipeline, and the
/// thread waits for the replies. A store on a loop of its own.

#include "chihaya/host.hpp"
#include "chihaya/status.hpp"
#include "plugins/redis/reply.hpp"
#include "plugins/redis/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace chihaya::redis {

struct Parameters;

/// Connects when it is first used, and again after a failure. One thread at a time.
class Client {
public:
    /// Lifetime: `log`, and what the scripts point to, outlive it
    /// Errors:   std::bad_alloc, std::system_error when there are no more descriptors
    Client(Host& log, const Parameters& parameters, std::span<const Script> scripts);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends one command to the node of `slot` and waits up to `patience` (the parameters' timeout
    /// when zero). An error reply that is not dealt with (as for Store) is `internal`, and logged.
    /// `reply` is valid until the next call.
    Status call(std::uint16_t slot, std::string_view command, const Reply*& reply,
                std::chrono::milliseconds patience = {}) noexcept;

    /// The same in a pipeline: `add` as many as you like, then `run` sends them all and shows each
    /// reply, in the order they were added. Stops at the first failure; then some may have been
    /// carried out.
    /// Errors: std::bad_alloc
    void add(std::uint16_t slot, std::string_view command);
    Status run(const std::function<void(std::size_t index, const Reply& reply)>& show) noexcept;

    /// Calls `each` once for every master: a slot on it to send SCAN to.
    Status for_each_master(const std::function<Status(std::uint16_t slot)>& each) noexcept;

    /// Makes a blocked `call` of another thread fail soon, and all later ones.
    /// Thread: any
    void stop() noexcept;

private:
    class Wires;
    std::unique_ptr<Wires> wires_;
};

}  // namespace chihaya::redis
