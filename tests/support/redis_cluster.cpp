#include "tests/support/redis_cluster.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace chihaya::test {
namespace {

/// The fields of one line of CLUSTER NODES that count here.
struct Line {
    std::string id{};
    std::string flags{};
    std::vector<std::pair<std::size_t, std::size_t>> slots{};  // first and last
};

Line parse(const std::string& text) {
    std::istringstream words(text);
    Line line;
    std::string skipped;
    words >> line.id >> skipped >> line.flags;
    for (int i = 0; i < 5; ++i) {
        words >> skipped;
    }
    for (std::string range; words >> range;) {
        if (range.starts_with('[')) {
            continue;  // a slot that is moving
        }
        const std::size_t dash = range.find('-');
        const std::size_t first = std::stoul(range.substr(0, dash));
        line.slots.emplace_back(
            first, dash == std::string::npos ? first : std::stoul(range.substr(dash + 1)));
    }
    return line;
}

std::vector<Line> lines_of(const RedisServer& server) {
    std::istringstream text(server.command({"CLUSTER", "NODES"}));
    std::vector<Line> lines;
    for (std::string line; std::getline(text, line);) {
        if (!line.empty()) {
            lines.push_back(parse(line));
        }
    }
    return lines;
}

/// Who has which slots, in a form that two nodes can be compared by.
std::string slots_of(const RedisServer& server) {
    std::vector<std::string> parts;
    for (const Line& line : lines_of(server)) {
        for (const auto& [first, last] : line.slots) {
            parts.push_back(std::to_string(first) + '-' + std::to_string(last) + line.id);
        }
    }
    std::ranges::sort(parts);
    std::string all;
    for (const std::string& part : parts) {
        all += part + '\n';
    }
    return all;
}

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of("\r\n") + 1);
    return text;
}

}  // namespace

RedisCluster::RedisCluster(std::size_t masters, std::size_t replicas, const RedisOptions& options)
    : password_(options.password) {
    for (std::size_t i = 0; i < masters + replicas; ++i) {
        nodes_.push_back(std::make_unique<Node>());
        Node& node = *nodes_.back();
        RedisOptions own = options;
        const std::vector<std::string> cluster{"--cluster-enabled",
                                               "yes",
                                               "--cluster-node-timeout",
                                               "1000",
                                               "--cluster-port",
                                               std::to_string(node.bus.number()),
                                               "--repl-diskless-sync-delay",
                                               "0"};
        own.arguments.insert(own.arguments.begin(), cluster.begin(), cluster.end());
        if (!password_.empty()) {
            own.arguments.insert(own.arguments.begin(), {"--masterauth", password_});
        }
        node.server = std::make_unique<RedisServer>(own);
        node.id = trimmed(node.server->command({"CLUSTER", "MYID"}));
    }
    introduce(masters);
    wait_until_ok();
}

void RedisCluster::introduce(std::size_t masters) {
    for (std::size_t i = 0; i < masters; ++i) {
        std::vector<std::string> words{"CLUSTER", "ADDSLOTS"};
        const std::size_t end = slot_count * (i + 1) / masters;
        for (std::size_t slot = slot_count * i / masters; slot < end; ++slot) {
            words.push_back(std::to_string(slot));
        }
        node(i).command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
        node(i).command(words);
    }
    for (const auto& other : nodes_) {
        node(0).command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(other->server->port()),
                         std::to_string(other->bus.number())});
    }
    wait_until("the nodes of the cluster know each other", [&] {
        return std::ranges::all_of(nodes_, [&](const auto& each) { return knows_all(*each); });
    });
    for (std::size_t i = masters; i < size(); ++i) {
        node(i).command({"CLUSTER", "REPLICATE", nodes_[i % masters]->id});
    }
    for (std::size_t i = masters; i < size(); ++i) {
        wait_until("a replica follows its master", [&] {
            return node(i).command({"INFO", "replication"}).find("master_link_status:up") !=
                   std::string::npos;
        });
    }
}

bool RedisCluster::knows_all(const Node& node) const {
    const std::vector<Line> lines = lines_of(*node.server);
    return std::ranges::all_of(nodes_, [&](const auto& other) {
        return std::ranges::any_of(lines, [&](const Line& line) {
            return line.id == other->id && line.flags.find("handshake") == std::string::npos;
        });
    });
}

std::uint16_t RedisCluster::slot_of(const std::string& key) {
    const auto running =
        std::ranges::find_if(nodes_, [](const auto& each) { return each->server->running(); });
    return static_cast<std::uint16_t>(
        std::stoul((*running)->server->command({"CLUSTER", "KEYSLOT", key})));
}

std::size_t RedisCluster::owner_of(std::uint16_t slot) {
    for (std::size_t i = 0; i < size(); ++i) {
        if (!node(i).running()) {
            continue;
        }
        for (const Line& line : lines_of(node(i))) {
            const bool has_it = std::ranges::any_of(line.slots, [&](const auto& range) {
                return range.first <= slot && slot <= range.second;
            });
            if (has_it && line.flags.find("myself") != std::string::npos) {
                return i;
            }
        }
    }
    throw std::runtime_error("nobody has slot " + std::to_string(slot));
}

void RedisCluster::begin_migration(std::uint16_t slot, std::size_t to) {
    const std::size_t from = owner_of(slot);
    const std::string number = std::to_string(slot);
    node(to).command({"CLUSTER", "SETSLOT", number, "IMPORTING", nodes_[from]->id});
    node(from).command({"CLUSTER", "SETSLOT", number, "MIGRATING", nodes_[to]->id});
}

void RedisCluster::move_keys(std::uint16_t slot, std::size_t to) {
    const RedisServer& source = node(owner_of(slot));
    for (;;) {
        std::istringstream keys(
            source.command({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "100"}));
        std::vector<std::string> words{"MIGRATE", "127.0.0.1", std::to_string(node(to).port()),
                                       "",        "0",         "5000"};
        if (!password_.empty()) {
            words.insert(words.end(), {"AUTH", password_});
        }
        words.emplace_back("KEYS");
        const std::size_t before = words.size();
        for (std::string key; std::getline(keys, key);) {
            words.push_back(key);
        }
        if (words.size() == before) {
            return;
        }
        source.command(words);
    }
}

void RedisCluster::end_migration(std::uint16_t slot, std::size_t to) {
    const std::size_t from = owner_of(slot);
    for (const std::size_t index : {to, from}) {  // first who gains it, or nobody has it meanwhile
        node(index).command({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", nodes_[to]->id});
    }
}

void RedisCluster::wait_until_ok() {
    wait_until("cluster_state:ok", [&] {
        std::optional<std::string> agreed;
        return std::ranges::all_of(nodes_, [&](const auto& each) {
            const RedisServer& server = *each->server;
            if (!server.running()) {
                return true;
            }
            const std::string slots = slots_of(server);
            const bool is_ok =
                server.command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
            return is_ok && agreed.value_or(slots) == slots && (agreed = slots, true);
        });
    });
}

}  // namespace chihaya::test
