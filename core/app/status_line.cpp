#include "core/app/status_line.hpp"

#include "chihaya/host.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace chihaya::app {
namespace {

/// Takes what every driver reports, and nothing else.
class SwarmNumbers final : public MetricSink {
public:
    void gauge(const char* name, double value) noexcept override {
        if (value < 0.0) {
            return;
        }
        if (std::string_view(name) == "swarms") {
            swarms = static_cast<std::uint64_t>(value);
        } else if (std::string_view(name) == "peers") {
            peers = static_cast<std::uint64_t>(value);
        }
    }
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}

    std::uint64_t swarms = 0;
    std::uint64_t peers = 0;
};

}  // namespace

StatusLine::StatusLine(TrackerDriver& tracker, std::function<metrics::Snapshot()> counters)
    : tracker_(tracker), counters_(std::move(counters)) {}

std::string StatusLine::text() {
    using std::chrono::steady_clock;
    const auto now = steady_clock::now();
    const std::uint64_t announces = counters_().announces();
    const auto past = std::chrono::duration_cast<std::chrono::milliseconds>(now - asked_).count();
    const bool is_first = asked_ == steady_clock::time_point{};
    const std::uint64_t rate =
        is_first ? 0
                 : (announces - std::min(announces_, announces)) * 1000 /
                       static_cast<std::uint64_t>(std::max<std::int64_t>(past, 1));
    announces_ = announces;
    asked_ = now;
    SwarmNumbers numbers;
    tracker_.report(numbers);
    return std::to_string(numbers.peers) + " peers in " + std::to_string(numbers.swarms) +
           " swarms, " + std::to_string(rate) + " announces/s";
}

}  // namespace chihaya::app
