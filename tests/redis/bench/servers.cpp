#include "tests/redis/bench/servers.hpp"

#include "plugins/redis/command.hpp"

#include <sched.h>

#include <ctime>
#include <stdexcept>

namespace chihaya::redis::bench {
namespace {

/// A pause of the machine must not cost answers, though the loop's clock runs ahead of the real
/// one.
constexpr std::chrono::milliseconds long_timeout{600'000};
constexpr std::size_t long_queue = 100'000;

/// User and system time of all threads of another process.
double cpu_seconds(int pid) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        throw std::runtime_error("redis is not a process of this machine");
    }
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void stay_on(int pid, const std::vector<int>& cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) {
        CPU_SET(static_cast<unsigned>(core), &set);
    }
    if (!cores.empty() && ::sched_setaffinity(pid, sizeof set, &set) != 0) {
        throw std::runtime_error("redis cannot be bound to its cores");
    }
}

std::string in_quotes(const std::string& text) {
    return '"' + text + '"';
}

}  // namespace

Servers::Servers(const ServersOptions& options) {
    const auto parameters = read_parameters(log_, start(options));
    if (!parameters) {
        throw std::runtime_error(log_.lines().back());
    }
    parameters_ = *parameters;
    parameters_.timeout = parameters_.connect_timeout = long_timeout;
    parameters_.queue = long_queue;
    client_ = std::make_unique<Client>(log_, parameters_, std::span<const Script>());
    for (const std::string& pid : info("server", "process_id")) {
        pids_.push_back(std::stoi(pid));
        stay_on(pids_.back(), options.cores);
    }
    version_ = info("server", "redis_version").at(0);
}

std::string Servers::start(const ServersOptions& options) {
    std::vector<std::string> urls = options.urls;
    if (urls.empty() && options.nodes > 1) {
        cluster_ = std::make_unique<chihaya::test::RedisCluster>(options.nodes);
        for (std::size_t i = 0; i < options.nodes; ++i) {
            urls.push_back("redis://" + cluster_->node(i).address());
        }
    } else if (urls.empty()) {
        single_ = std::make_unique<chihaya::test::RedisServer>();
        urls.push_back(options.by_unix_socket ? "unix://" + single_->unix_socket().string()
                                              : "redis://" + single_->address());
    }
    if (urls.size() == 1) {
        return R"({"url": )" + in_quotes(urls.front()) + "}";
    }
    std::string list;
    for (const std::string& url : urls) {
        list += (list.empty() ? "" : ", ") + in_quotes(url);
    }
    return R"({"mode": "cluster", "url": [)" + list + "]}";
}

std::vector<std::string> Servers::info(const std::string& section, const std::string& field) {
    std::vector<std::string> values;
    const Status status = client_->for_each_master([&](std::uint16_t slot) {
        Command command;
        command.begin(2).add("INFO").add(section);
        const Reply* reply = nullptr;
        const Status answered = client_->call(slot, command.bytes(), reply);
        if (answered.ok()) {
            const std::string text = "\r\n" + std::string(reply->text());
            const auto at = text.find("\r\n" + field + ':');
            const auto begin = at == std::string::npos ? text.size() : at + field.size() + 3;
            values.push_back(text.substr(begin, text.find('\r', begin) - begin));
        }
        return answered;
    });
    if (!status.ok() || values.empty()) {
        throw std::runtime_error(std::string("INFO: ") + status.reason);
    }
    return values;
}

std::uint64_t Servers::sum(const std::string& section, const std::string& field) {
    std::uint64_t total = 0;
    for (const std::string& value : info(section, field)) {
        total += std::stoull(value);
    }
    return total;
}

Used Servers::used() {
    Used used{.bytes_in = sum("stats", "total_net_input_bytes"),
              .bytes_out = sum("stats", "total_net_output_bytes")};
    for (const int pid : pids_) {
        used.cpu_seconds += cpu_seconds(pid);
    }
    return used;
}

std::uint64_t Servers::memory() {
    return sum("memory", "used_memory");
}

}  // namespace chihaya::redis::bench
