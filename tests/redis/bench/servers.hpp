#pragma once

/// @file servers.hpp
/// The Redis that is measured: one of the bench's own, a Cluster of its own, or somebody else's.

#include "plugins/redis/client.hpp"
#include "plugins/redis/parameters.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/redis_cluster.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::redis::bench {

/// What the servers have used since they began, all together.
struct Used {
    double cpu_seconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

    friend Used operator-(const Used& end, const Used& begin) noexcept {
        return {end.cpu_seconds - begin.cpu_seconds, end.bytes_in - begin.bytes_in,
                end.bytes_out - begin.bytes_out};
    }
};

struct ServersOptions {
    std::vector<std::string> urls{};  // somebody else's; several are a Cluster
    std::size_t nodes = 1;            // of the bench's own; several are a Cluster
    bool by_unix_socket = false;      // to one of its own
    std::vector<int> cores{};         // on which the servers stay; any where empty
};

/// Thread: the one that made them
class Servers {
public:
    /// Errors: std::runtime_error where they do not start or do not answer
    explicit Servers(const ServersOptions& options);

    [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }
    [[nodiscard]] Client& client() noexcept { return *client_; }

    [[nodiscard]] Used used();
    /// Of all nodes together. Errors: std::runtime_error
    [[nodiscard]] std::uint64_t memory();
    [[nodiscard]] const std::string& version() const noexcept { return version_; }

private:
    [[nodiscard]] std::string start(const ServersOptions& options);
    /// The values of `field` of INFO, one a node.
    [[nodiscard]] std::vector<std::string> info(const std::string& section,
                                                const std::string& field);
    [[nodiscard]] std::uint64_t sum(const std::string& section, const std::string& field);

    chihaya::test::FakeClock clock_;
    chihaya::test::FakeHost log_{clock_};
    std::unique_ptr<chihaya::test::RedisServer> single_;
    std::unique_ptr<chihaya::test::RedisCluster> cluster_;
    Parameters parameters_;
    std::unique_ptr<Client> client_;
    std::vector<int> pids_;
    std::string version_;
};

}  // namespace chihaya::redis::bench
