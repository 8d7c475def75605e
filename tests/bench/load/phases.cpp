#include "tests/bench/load/phases.hpp"

#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

namespace chihaya::bench {
namespace {

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

}  // namespace

int run_phases(const Options& options, const RunPlan& run) {
    if (!options.write_hashes.empty())
        return write_hashes(options) ? 0 : 1;
    bool good = true;
    const auto phase = [&](Plan plan, double seconds, bool filling) {
        const double cpu = cpu_seconds(options.server_pid);
        const Totals totals = run(plan, seconds, filling);
        good = good && totals.failed() == 0;
        return json(totals, cpu_seconds(options.server_pid) - cpu);
    };
    std::string fill = "null";
    std::string measure = "null";
    if (options.fill)
        fill = phase(Plan::fill(options), 0, true);
    if (options.seconds > 0 || options.requests > 0)
        measure = phase(Plan::measure(options), options.seconds, false);
    std::cout << "{\"fill\": " << fill << ", \"measure\": " << measure << "}\n";
    return good ? 0 : 1;
}

}  // namespace chihaya::bench
