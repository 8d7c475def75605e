#pragma once

/// @file totals.hpp
/// What a phase of load came to.

#include "tests/bench/load/fault.hpp"
#include "tests/bench/load/histogram.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace chihaya::bench {

struct Totals {
    std::uint64_t verified = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Fault::count)> faults{};
    std::uint64_t connections = 0;  // opened, or connection ids fetched
    std::uint64_t bytes = 0;        // of all answers
    std::uint64_t late = 0;         // answers to what had been given up, over UDP
    double seconds = 0;
    double swarm_size = 0;  // mean of the last replies, about a thousand
    Histogram latency;
    std::string extra;  // further members of the JSON object, each with a comma before it

    void fail(Fault fault, std::uint64_t times = 1) noexcept;

    /// Counts a right answer to what was asked so long ago in a swarm of so many.
    void verify(std::uint64_t nanoseconds, std::int64_t members) noexcept;

    [[nodiscard]] std::uint64_t failed() const noexcept;
};

/// One JSON object.
[[nodiscard]] std::string json(const Totals& totals, double server_cpu_seconds);

}  // namespace chihaya::bench
