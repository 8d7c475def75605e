#include "core/management/exposition.hpp"

#include <prometheus/text_serializer.h>

#include <limits>

namespace chihaya::management {

Exposition& Exposition::begin(std::string_view name, std::string_view help,
                              prometheus::MetricType type) {
    if (!families_.empty() && families_.back().metric.empty()) {
        families_.pop_back();
    }
    families_.push_back(
        {.name = std::string(name), .help = std::string(help), .type = type, .metric = {}});
    return *this;
}

Exposition& Exposition::counter(std::string_view name, std::string_view help) {
    return begin(name, help, prometheus::MetricType::Counter);
}

Exposition& Exposition::gauge(std::string_view name, std::string_view help) {
    return begin(name, help, prometheus::MetricType::Gauge);
}

Exposition& Exposition::histogram(std::string_view name, std::string_view help) {
    return begin(name, help, prometheus::MetricType::Histogram);
}

prometheus::ClientMetric& Exposition::new_metric(Labels labels) {
    prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label.reserve(labels.size());
    for (const auto& [name, value] : labels) {
        metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
}

Exposition& Exposition::add(Labels labels, double value) {
    prometheus::ClientMetric& metric = new_metric(labels);
    if (families_.back().type == prometheus::MetricType::Counter) {
        metric.counter.value = value;
    } else {
        metric.gauge.value = value;
    }
    return *this;
}

Exposition& Exposition::add(Labels labels, const metrics::LatencyTotals& measured) {
    prometheus::ClientMetric::Histogram& histogram = new_metric(labels).histogram;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < measured.buckets.size(); ++i) {
        so_far += measured.buckets[i];
        const bool is_last = i + 1 == measured.buckets.size();
        const double end = is_last ? std::numeric_limits<double>::infinity()
                                   : static_cast<double>(std::uint64_t{1} << i) / 1e6;
        histogram.bucket.push_back({so_far, end});
    }
    histogram.sample_count = so_far;
    histogram.sample_sum = static_cast<double>(measured.microseconds) / 1e6;
    return *this;
}

std::string Exposition::text() const {
    auto families = families_;
    std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace chihaya::management
