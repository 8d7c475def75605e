#include "core/management/driver_metrics.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace chihaya::management {
namespace {

constexpr std::string_view prefix = "chihaya_driver_";

struct Number {
    std::string name;
    bool is_counter;
    std::string_view kind;
    std::string_view driver;
    double value;
};

/// Two names may become one: then the first counts.
void collect(std::vector<Number>& all, const DriverReport& report, std::string_view kind,
             std::string_view driver) {
    std::set<std::string> seen;
    for (const DriverReport::Entry& entry : report.entries()) {
        auto name = driver_metric_name(entry.name, entry.is_counter);
        if (name && seen.insert(*name).second) {
            all.push_back({std::move(*name), entry.is_counter, kind, driver, entry.value});
        }
    }
}

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::optional<std::string> driver_metric_name(std::string_view reported, bool is_counter) {
    constexpr std::string_view ending = "_total";
    std::string name(prefix);
    name += reported;
    std::ranges::replace_if(name, std::not_fn(is_name_character), '_');
    if (name.ends_with(ending)) {
        name.resize(name.size() - ending.size());  // it is added to counters, and gauges have none
    }
    if (name == "chihaya_driver_up" || name == prefix) {
        return std::nullopt;
    }
    return is_counter ? name + std::string(ending) : name;
}

void add_drivers(Exposition& out, const Observation& seen, const Settings& settings) {
    const DriverHealth& health = seen.health;
    out.gauge("chihaya_driver_up", "1 while the driver can do its work.")
        .add({{"kind", "tracker"}, {"driver", settings.tracker_driver}},
             health.tracker_ok ? 1.0 : 0.0)
        .add({{"kind", "backend"}, {"driver", settings.backend_driver}},
             health.backend_ok ? 1.0 : 0.0);
    std::vector<Number> all;
    collect(all, seen.tracker, "tracker", settings.tracker_driver);
    collect(all, seen.backend, "backend", settings.backend_driver);
    // A family stands in one piece, whoever reports it.
    std::ranges::stable_sort(all, {}, &Number::name);
    const Number* before = nullptr;
    for (const Number& one : all) {
        if (before == nullptr || before->name != one.name) {
            if (one.is_counter) {
                out.counter(one.name, "As the driver reports it.");
            } else {
                out.gauge(one.name, "As the driver reports it.");
            }
        }
        out.add({{"kind", one.kind}, {"driver", one.driver}}, one.value);
        before = &one;
    }
}

}  // namespace chihaya::management
