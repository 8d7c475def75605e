#pragma once

/// @file noted_metrics.hpp
/// A part's numbers by name.

#include "chihaya/host.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace chihaya::gazelle::test {

struct NotedMetrics final : MetricSink {
    void gauge(const char* name, double value) noexcept override {
        values[name] = static_cast<std::uint64_t>(value);
    }
    void counter(const char* name, std::uint64_t value) noexcept override { values[name] = value; }

    std::map<std::string, std::uint64_t> values;
};

}  // namespace chihaya::gazelle::test
