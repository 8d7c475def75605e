#pragma once

/// @file exposition.hpp
/// Metrics as Prometheus reads them, family by family.
/// Source: Prometheus, "Exposition formats", text version 0.0.4

#include "core/metrics/snapshot.hpp"

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::management {

/// Families of metrics, in the order in which they were begun.
class Exposition {
public:
    using Label = std::pair<std::string_view, std::string_view>;
    using Labels = std::initializer_list<Label>;

    /// What follows belongs to this one, until the next is begun.
    Exposition& counter(std::string_view name, std::string_view help);
    Exposition& gauge(std::string_view name, std::string_view help);
    Exposition& histogram(std::string_view name, std::string_view help);

    /// A number of the family that was begun last, which is a counter or a gauge.
    Exposition& add(Labels labels, double value);
    Exposition& add(Labels labels, std::uint64_t value) {
        return add(labels, static_cast<double>(value));
    }

    /// What was measured, in seconds.
    Exposition& add(Labels labels, const metrics::LatencyTotals& measured);

    /// The text. A family without a number is left out.
    [[nodiscard]] std::string text() const;

private:
    Exposition& begin(std::string_view name, std::string_view help, prometheus::MetricType type);
    prometheus::ClientMetric& new_metric(Labels labels);

    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace chihaya::management
