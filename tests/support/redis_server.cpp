#include "tests/support/redis_server.hpp"

#include "tests/support/http_client.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace chihaya::test {
namespace {

constexpr std::size_t reply_depth_max = 8;

std::string resp(const std::vector<std::string>& words) {
    std::string bytes = '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) {
        bytes += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    return bytes;
}

/// Reads one whole reply. Returns: it as text
/// Source: https://redis.io/docs/reference/protocol-spec (RESP 2)
std::string read_reply(TcpClient& from, std::size_t depth = 0) {
    std::string line = from.read_through("\r\n");
    const char kind = line.front();
    const std::string value = line.substr(1, line.size() - std::string_view("+\r\n").size());
    if (kind == '+' || kind == ':') {
        return value;
    }
    if (kind == '-') {
        return "(error) " + value;
    }
    if ((kind != '$' && kind != '*') || depth > reply_depth_max) {
        throw std::runtime_error("not a reply of redis: " + line);
    }
    const auto count = static_cast<std::size_t>(std::max(0L, std::stol(value)));
    std::string text;
    if (kind == '$' && value != "-1") {
        text = from.read_exactly(count);
        from.read_exactly(2);
    }
    for (std::size_t i = 0; kind == '*' && i < count; ++i) {
        text += (i == 0 ? "" : "\n") + read_reply(from, depth + 1);
    }
    return text;
}

}  // namespace

bool lacks_redis() {
    return lacks_program("redis-server");
}

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
    if (options_.is_sentinel) {
        std::ofstream(dir_ / "sentinel.conf") << "# it writes here what it finds out\n";
    }
    start();
}

std::vector<std::string> RedisServer::words() const {
    const std::string socket = unix_socket().string();
    std::vector<std::string> all{find_program("redis-server")};
    if (options_.is_sentinel) {
        all.push_back((dir_ / "sentinel.conf").string());
    }
    const std::vector<std::string> common{
        "--bind", "127.0.0.1",          "--port",      std::to_string(port()),
        "--dir",  dir_.path().string(), "--daemonize", "no"};
    all.insert(all.end(), common.begin(), common.end());
    if (!options_.is_sentinel) {
        const std::vector<std::string> server{"--save",       "",    "--appendonly", "no",
                                              "--unixsocket", socket};
        all.insert(all.end(), server.begin(), server.end());
    }
    if (!options_.password.empty()) {
        all.insert(all.end(), {"--requirepass", options_.password});
    }
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    if (options_.is_sentinel) {
        all.emplace_back("--sentinel");
    }
    return all;
}

void RedisServer::start() {
    child_.start(words(), dir_.path(), [&] {
        try {
            return !ask({"PING"}).starts_with("(error) LOADING");
        } catch (const std::system_error&) {
            return false;  // not listening yet
        }
    });
}

std::string RedisServer::ask(const std::vector<std::string>& words) const {
    TcpClient client(port());
    if (!options_.password.empty()) {
        client.send(resp({"AUTH", options_.password}));
        read_reply(client);
    }
    client.send(resp(words));
    return read_reply(client);
}

std::string RedisServer::command(const std::vector<std::string>& words) const {
    std::string reply = ask(words);
    if (reply.starts_with("(error) ")) {
        throw std::runtime_error(words.front() + ": " + reply);
    }
    return reply;
}

}  // namespace chihaya::test
