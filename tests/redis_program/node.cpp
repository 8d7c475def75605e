#include "tests/redis_program/node.hpp"

#include "tests/support/udp_client.hpp"

#include <unistd.h>

#include <fstream>

namespace chihaya::test {
namespace {

/// A list of URLs, as JSON.
template <class Server>
std::string urls(std::size_t count, Server server) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += (i == 0 ? "\"redis://" : ", \"redis://") + server(i).address() + '"';
    }
    return '[' + out + ']';
}

ChihayaOptions options(const std::string& params, const std::string& members) {
    ChihayaOptions options;
    options.config = R"({"workers": 1, "interval_jitter": 0, "tracker": {"driver": "redis",
                         "params": {"timeout": "500ms", "connect_timeout": "500ms", )" +
                     params + "}}" + (members.empty() ? "" : ", ") + members + "}";
    options.patience = std::chrono::seconds(60);
    return options;
}

}  // namespace

std::string params_of(const RedisServer& redis) {
    return R"("url": "redis://)" + redis.address() + '"';
}

std::string params_of(RedisCluster& cluster) {
    return R"("mode": "cluster", "url": )" +
           urls(
               cluster.size(), [&](std::size_t i) -> auto& { return cluster.node(i); });
}

std::string params_of(RedisSentinel& sentinel) {
    return std::string(R"("mode": "sentinel", "master": ")") + RedisSentinel::master_name +
           R"(", "url": )" +
           urls(
               RedisSentinel::sentinel_count, [&](std::size_t i) -> auto& {
                   return sentinel.sentinel(i);
               });
}

Node::Node(const std::string& params, const std::string& members)
    : process_(options(params, members)) {}

HttpReply Node::ask(const Announce& announce, const std::string& path) const {
    return http_get(process_.http_port(), path + target(announce));
}

bencode::Value Node::announce(const Announce& announce) const {
    return success(ask(announce));
}

std::set<std::string> Node::handed_udp(const UdpAnnounce& announce) const {
    const UdpClient client(process_.udp_port());
    const std::string reply = client.ask(announce_packet(client.connect(), announce));
    return entries(announce_answer(reply), ipv4_entry);
}

Counts Node::scraped(std::string_view info_hash) const {
    const auto reply = success(http_get(process_.http_port(), scrape_target(info_hash)));
    const bencode::Value& files = reply.at("files");
    const std::string key(info_hash);
    return files.has(key) ? counts(files.at(key)) : Counts{};
}

bool Node::serves() const {
    const auto reply = bencode::parse(http_get(process_.http_port(), scrape_target(hash_c)).body);
    return reply && reply->has("files");
}

void Node::wait_until_it_serves() const {
    wait_until("the tracker serves", [this] { return serves(); });
}

void Node::fill(std::string_view info_hash, std::uint32_t seeders) const {
    wait_until_it_serves();
    TcpClient client(process_.http_port());
    for (std::uint32_t i = 0; i < seeders; ++i) {
        client.send(request({.info_hash = info_hash, .port = 60'000 + i, .left = 0}));
        static_cast<void>(success(client.read_reply()));
    }
}

HttpReply Node::manage(const std::string& method, const std::string& path,
                       const std::string& body) const {
    TcpClient client(process_.management_port(), "127.0.0.1", std::chrono::seconds(30));
    client.send(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_reply();
}

std::size_t Node::resident() const {
    std::ifstream file("/proc/" + std::to_string(process_.pid()) + "/statm");
    std::size_t total = 0;
    std::size_t pages = 0;
    file >> total >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace chihaya::test
