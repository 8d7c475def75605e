#pragma once

/// @file redis_sentinel.hpp
/// A Redis master with replicas that three Sentinels watch.

#include "tests/support/redis_server.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::test {

/// A master that is silent for a second counts as down; two Sentinels decide.
class RedisSentinel {
public:
    static constexpr const char* master_name = "tracker";
    static constexpr std::size_t sentinel_count = 3;

    /// Returns when all Sentinels know each other and the replicas.
    /// Errors: std::runtime_error
    explicit RedisSentinel(std::size_t replicas = 1, const RedisOptions& options = {});

    [[nodiscard]] RedisServer& sentinel(std::size_t index) { return *sentinels_.at(index); }
    /// The first was the master at first.
    [[nodiscard]] RedisServer& server(std::size_t index) { return *servers_.at(index); }

    /// Whom the running Sentinels agree on as the master, once they do.
    [[nodiscard]] RedisServer& master();

    /// Makes a replica the master as an operator would, and returns when all is settled.
    void fail_over();
    /// Waits until Sentinel has made another server than `before` the master, and that server
    /// takes writes.
    void wait_for_other_master(const RedisServer& before);
    /// Waits until nothing is going on: all who run know each other, and the replicas follow the
    /// master. A master that dies earlier may take a minute to be replaced.
    void wait_until_settled();

private:
    void start_servers(std::size_t replicas, const RedisOptions& options);
    void start_sentinel(const RedisOptions& options);
    [[nodiscard]] RedisServer* agreed_master();
    [[nodiscard]] bool is_content(const RedisServer& sentinel) const;

    std::vector<std::unique_ptr<RedisServer>> servers_;
    std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

}  // namespace chihaya::test
