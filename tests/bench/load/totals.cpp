#include "tests/bench/load/totals.hpp"

#include <numeric>
#include <sstream>

namespace chihaya::bench {
namespace {

constexpr double swarm_size_weight = 0.001;

}  // namespace

void Totals::fail(Fault fault, std::uint64_t times) noexcept {
    faults.at(static_cast<std::size_t>(fault)) += times;
}

void Totals::verify(std::uint64_t nanoseconds, std::int64_t members) noexcept {
    ++verified;
    latency.add(nanoseconds);
    const auto size = static_cast<double>(members);
    swarm_size += verified == 1 ? size : (size - swarm_size) * swarm_size_weight;
}

std::uint64_t Totals::failed() const noexcept {
    return std::accumulate(faults.begin(), faults.end(), std::uint64_t{0});
}

std::string json(const Totals& totals, double server_cpu_seconds) {
    std::ostringstream out;
    out.precision(9);
    out << "{\"verified\": " << totals.verified << ", \"failed\": " << totals.failed()
        << ", \"seconds\": " << totals.seconds << ", \"server_cpu_seconds\": " << server_cpu_seconds
        << ", \"connections\": " << totals.connections << ", \"bytes\": " << totals.bytes
        << ", \"late\": " << totals.late << ", \"swarm_size\": " << totals.swarm_size
        << ", \"p50_us\": " << static_cast<double>(totals.latency.quantile(0.5)) / 1e3
        << ", \"p99_us\": " << static_cast<double>(totals.latency.quantile(0.99)) / 1e3
        << ", \"p999_us\": " << static_cast<double>(totals.latency.quantile(0.999)) / 1e3
        << ", \"max_us\": " << static_cast<double>(totals.latency.max()) / 1e3 << totals.extra
        << ", \"faults\": {";
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

}  // namespace chihaya::bench
