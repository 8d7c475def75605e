#pragma once

/// @file redis_cluster.hpp
/// A Redis Cluster of a test's own.

#include "tests/support/redis_server.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::test {

/// Some masters that share the hash slots evenly, and replicas of them: node `masters + i`
/// replicates node `i % masters` at first. A node that is silent for a second counts as dead.
class RedisCluster {
public:
    static constexpr std::size_t slot_count = 16384;

    /// Returns when all nodes say that the cluster is fine.
    /// Errors: std::runtime_error
    explicit RedisCluster(std::size_t masters = 3, std::size_t replicas = 0,
                          const RedisOptions& options = {});

    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    [[nodiscard]] RedisServer& node(std::size_t index) { return *nodes_.at(index)->server; }

    /// The hash slot of `key`, as the servers compute it.
    [[nodiscard]] std::uint16_t slot_of(const std::string& key);
    /// The index of the running master that has `slot`.
    /// Errors: std::runtime_error when there is none
    [[nodiscard]] std::size_t owner_of(std::uint16_t slot);

    /// Gives a slot with all its keys to another master, in the three steps of an operator. Between
    /// the first and the last, who asks for a key of the slot that has been moved is told ASK.
    void begin_migration(std::uint16_t slot, std::size_t to);
    void move_keys(std::uint16_t slot, std::size_t to);
    void end_migration(std::uint16_t slot, std::size_t to);
    void migrate(std::uint16_t slot, std::size_t to) {
        begin_migration(slot, to);
        move_keys(slot, to);
        end_migration(slot, to);
    }

    /// Waits until every running node says `cluster_state:ok`, and all of them agree on who has
    /// which slot.
    void wait_until_ok();

private:
    struct Node {
        FreePort bus;
        std::unique_ptr<RedisServer> server;
        std::string id{};
    };

    void introduce(std::size_t masters);
    [[nodiscard]] bool knows_all(const Node& node) const;

    std::vector<std::unique_ptr<Node>> nodes_;
    std::string password_;
};

}  // namespace chihaya::test
