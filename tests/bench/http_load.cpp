/// @file http_load.cpp
/// Announces over HTTP as fast as one core can, checks every answer and prints one line of JSON.
/// Exit code: 0 when every request was answered rightly, 1 when not, 64 for a wrong option.

#include "tests/bench/load_loop.hpp"

#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

namespace chihaya::bench {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::count)> fault_names{
    "",       "connect", "send",    "lost",    "timeout",  "head",
    "status", "length",  "bencode", "failure", "interval", "peers"};

/// User and system time of all threads of another process, the ended ones included.
double cpu_seconds(int pid) {
    clockid_t clock{};
    timespec time{};
    if (pid == 0 || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

bool write_hashes(const Options& options) {
    std::ofstream file(options.write_hashes);
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::uint32_t swarm = 0; swarm < options.swarms; ++swarm) {
        std::string line;
        for (const std::uint8_t byte : info_hash(swarm)) {
            line += digits[byte >> 4U];
            line += digits[byte & 15U];
        }
        file << line << '\n';
    }
    return file.good();
}

std::string json(const Totals& totals, double server_cpu) {
    std::ostringstream out;
    out.precision(9);
    out << "{\"verified\": " << totals.verified << ", \"failed\": " << totals.failed()
        << ", \"seconds\": " << totals.seconds << ", \"server_cpu_seconds\": " << server_cpu
        << ", \"connections\": " << totals.connections << ", \"bytes\": " << totals.bytes
        << ", \"swarm_size\": " << totals.swarm_size
        << ", \"p50_us\": " << static_cast<double>(totals.latency.quantile(0.5)) / 1e3
        << ", \"p99_us\": " << static_cast<double>(totals.latency.quantile(0.99)) / 1e3
        << ", \"p999_us\": " << static_cast<double>(totals.latency.quantile(0.999)) / 1e3
        << ", \"max_us\": " << static_cast<double>(totals.latency.max()) / 1e3 << ", \"faults\": {";
    const char* separator = "";
    for (std::size_t i = 0; i < fault_names.size(); ++i) {
        if (totals.faults.at(i) == 0)
            continue;
        out << separator << '"' << fault_names.at(i) << "\": " << totals.faults.at(i);
        separator = ", ";
    }
    out << "}}";
    return out.str();
}

std::string run(const Options& options, Plan plan, std::uint32_t depth, bool& good) {
    LoadLoop loop(options, plan, depth);
    const double cpu = cpu_seconds(options.server_pid);
    const Totals totals = loop.run(options.seconds);
    good = good && totals.failed() == 0;
    return json(totals, cpu_seconds(options.server_pid) - cpu);
}

int run_phases(const Options& options) {
    if (!options.write_hashes.empty())
        return write_hashes(options) ? 0 : 1;
    bool good = true;
    std::string fill = "null";
    std::string measure = "null";
    if (options.fill) {
        Options whole = options;
        whole.seconds = 0;
        fill = run(whole, Plan::fill(whole), options.pipeline, good);
    }
    if (options.seconds > 0 || options.requests > 0)
        measure = run(options, Plan::measure(options), 1, good);
    std::cout << "{\"fill\": " << fill << ", \"measure\": " << measure << "}\n";
    return good ? 0 : 1;
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    const auto options = chihaya::bench::parse_options({argv, static_cast<std::size_t>(argc)});
    return options ? chihaya::bench::run_phases(*options) : 64;
}
