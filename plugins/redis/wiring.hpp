#pragma once

/// @file wiring.hpp
/// What all connections of one loop share.

#include "chihaya/host.hpp"
#include "plugins/redis/greeting.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/store.hpp"
#include "plugins/redis/tls.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace chihaya::redis {

/// Lifetime: host and scripts outlive it, it outlives the connections
struct Wiring {
    static constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;

    /// Errors: std::bad_alloc. A `tls` that cannot be set up is logged, and stays empty: nothing
    ///         will connect.
    Wiring(Host& loop, const Parameters& given, std::span<const Script> scripts);

    [[nodiscard]] std::span<char> read_buffer() noexcept { return {buffer.get(), buffer_bytes}; }

    Host& host;
    const Parameters parameters;
    const Greeting server;
    const Greeting sentinel;
    TlsContext tls;
    std::chrono::milliseconds timeout;  // of a command
    const std::unique_ptr<char[]> buffer;
};

}  // namespace chihaya::redis
