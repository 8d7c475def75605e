#pragma once

/// @file node.hpp
/// One of the trackers that share a Redis, asked as clients and operators ask it.

#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_sentinel.hpp"
#include "tests/wire_http/tracker.hpp"
#include "tests/wire_udp/packets.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace chihaya::test {

/// `tracker.params` that lead to a Redis.
[[nodiscard]] std::string params_of(const RedisServer& redis);
[[nodiscard]] std::string params_of(RedisCluster& cluster);
[[nodiscard]] std::string params_of(RedisSentinel& sentinel);

/// The real executable on such a Redis, with one worker. A command may take half a second.
class Node {
public:
    /// `members`: more of the configuration, as members of its JSON object.
    explicit Node(const std::string& params, const std::string& members = "");

    [[nodiscard]] ChihayaProcess& process() noexcept { return process_; }
    [[nodiscard]] const ChihayaProcess& process() const noexcept { return process_; }

    [[nodiscard]] HttpReply ask(const Announce& announce, const std::string& path = "") const;
    /// The reply to this announce, which must be a success.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many announce for what it does to the swarm
    bencode::Value announce(const Announce& announce) const;
    /// The peers that it hands out over UDP, in compact form.
    [[nodiscard]] std::set<std::string> handed_udp(const UdpAnnounce& announce) const;
    /// What a scrape says; zeros when it leaves the swarm out.
    [[nodiscard]] Counts scraped(std::string_view info_hash) const;
    [[nodiscard]] bool serves() const;
    void wait_until_it_serves() const;

    /// So many seeders of one swarm, each by an announce.
    void fill(std::string_view info_hash, std::uint32_t seeders) const;

    /// A management call and its reply.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many call for what it does
    HttpReply manage(const std::string& method, const std::string& path,
                     const std::string& body = "") const;
    [[nodiscard]] HttpReply ready() const { return manage("GET", "/ready"); }

    /// Bytes of memory it has now.
    [[nodiscard]] std::size_t resident() const;

private:
    ChihayaProcess process_;
};

}  // namespace chihaya::test
