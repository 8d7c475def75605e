#include "core/management/history.hpp"

#include "core/management/process_use.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <limits>
#include <string_view>
#include <utility>

namespace chihaya::management {

const std::array<const char*, series_count> history_names{
    "Announces", "AnnouncesHTTP", "AnnouncesUDP",   "Scrapes", "Refused",  "Failed",
    "Dropped",   "Snatches",      "ConnectionsNew", "BytesIn", "BytesOut", "P50",
    "P90",       "P99",           "Connections",    "Swarms",  "Seeders",  "Leechers",
    "IPv4",      "IPv6",          "ResidentBytes"};

namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

template <class Values>
auto& at(Values& values, Series series) noexcept {
    return values[static_cast<std::size_t>(series)];
}

/// A counter that went backwards began again.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) noexcept {
    return after >= before ? after - before : after;
}

/// What is kept of a tracker driver's report.
class Gauges final : public MetricSink {
public:
    explicit Gauges(std::array<float, series_count>& values) : values_(values) {}

    void gauge(const char* name, double value) noexcept override {
        static constexpr std::array<std::pair<std::string_view, Series>, 5> kept{
            {{"swarms", Series::swarms},
             {"seeders", Series::seeders},
             {"leechers", Series::leechers},
             {"peers_ipv4", Series::ipv4},
             {"peers_ipv6", Series::ipv6}}};
        for (const auto& [wanted, series] : kept) {
            if (wanted == name) {
                at(values_, series) = static_cast<float>(value);
            }
        }
    }
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}

private:
    std::array<float, series_count>& values_;
};

/// Announces by the front end that took them, whatever became of them.
std::uint64_t announces_of(const metrics::Snapshot& counters, metrics::FrontEnd front_end) {
    std::uint64_t sum = 0;
    metrics::for_each_request(
        counters.requests,
        [&](const metrics::RequestKind& kind, const metrics::EndingLabels&, std::uint64_t count) {
            const bool is_wanted =
                kind.front_end == front_end && kind.action == metrics::Action::announce;
            sum += is_wanted ? count : 0;
        });
    return sum;
}

std::array<std::uint64_t, series_count> counts_of(const metrics::Snapshot& counters) {
    std::array<std::uint64_t, series_count> counts{};
    at(counts, Series::announces) = counters.announces();
    at(counts, Series::announces_http) = announces_of(counters, metrics::FrontEnd::http);
    at(counts, Series::announces_udp) = announces_of(counters, metrics::FrontEnd::udp);
    at(counts, Series::scrapes) = counters.scrapes();
    at(counts, Series::refused) = counters.bad();
    at(counts, Series::failed) = counters.errored();
    at(counts, Series::dropped) = counters.dropped();
    for (const metrics::PeerTotals& family : counters.peers) {
        at(counts, Series::snatches) += family.completed;
    }
    at(counts, Series::connections_new) = counters.arrived(metrics::Arrival::accepted);
    at(counts, Series::bytes_in) = counters.bytes_received();
    at(counts, Series::bytes_out) = counters.bytes_transmitted();
    return counts;
}

void set_latencies(const metrics::LatencyTotals& before, const metrics::LatencyTotals& after,
                   std::array<float, series_count>& values) {
    metrics::LatencyTotals between;
    for (std::size_t i = 0; i < between.buckets.size(); ++i) {
        between.buckets[i] = grown(before.buckets[i], after.buckets[i]);
    }
    const bool is_measured = between.count() > 0;
    const auto below = [&](double share) {
        return is_measured ? static_cast<float>(between.below(share)) : unknown;
    };
    at(values, Series::p50) = below(0.50);
    at(values, Series::p90) = below(0.90);
    at(values, Series::p99) = below(0.99);
}

void append_number(std::string& text, double number, int digits) {
    if (!std::isfinite(number)) {
        text += "null";
        return;
    }
    std::array<char, 32> room{};
    const auto end = std::to_chars(room.data(), room.data() + room.size(), number,
                                   std::chars_format::general, digits);
    text.append(room.data(), end.ptr);
}

/// Errors: 0, which is before every point, when it is no number
double parsed_time(std::string_view text) noexcept {
    double time = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), time);
    return end.ec == std::errc() && std::isfinite(time) ? time : 0;
}

}  // namespace

HistoryPoint history_point(const Reading& before, const Reading& after) {
    HistoryPoint point{.unix_time = after.unix_time, .values = after.gauges};
    const double seconds = std::chrono::duration<double>(after.moment - before.moment).count();
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Series::bytes_out); ++i) {
        const auto count = static_cast<double>(grown(before.counts[i], after.counts[i]));
        point.values[i] = seconds > 0 ? static_cast<float>(count / seconds) : unknown;
    }
    set_latencies(before.latency, after.latency, point.values);
    return point;
}

void HistoryRing::take(const Reading& reading) {
    if (!before_) {
        before_ = reading;
        return;
    }
    // Half of the shortest step early is in time: a thread wakes a little before or after.
    if (reading.moment - before_->moment + limits::history_fine_step / 2.0 < step_) {
        return;
    }
    const HistoryPoint point = history_point(*before_, reading);
    before_ = reading;
    if (points_.size() < capacity_) {
        points_.push_back(point);
        return;
    }
    points_[oldest_] = point;
    oldest_ = (oldest_ + 1) % capacity_;
}

std::string HistoryRing::json_after(double unix_time) const {
    std::string text = R"({"Step":)" + std::to_string(step_.count()) + R"(,"Names":["Time")";
    for (const char* const name : history_names) {
        text.append(",\"").append(name).append("\"");
    }
    text += R"(],"Points":[)";
    bool is_first = true;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const HistoryPoint& point = points_[(oldest_ + i) % points_.size()];
        if (point.unix_time <= unix_time) {
            continue;
        }
        text += is_first ? "[" : ",[";
        is_first = false;
        append_number(text, point.unix_time, 13);
        for (const float value : point.values) {
            text += ',';
            append_number(text, static_cast<double>(value), 6);
        }
        text += ']';
    }
    return text + "]}\n";
}

History::History(std::function<metrics::Snapshot()> counters, TrackerDriver& tracker)
    : counters_(std::move(counters)),
      tracker_(tracker),
      thread_([this](const std::stop_token& stopping) { run(stopping); }) {}

History::~History() = default;

Reading History::read() const {
    const metrics::Snapshot counters = counters_();
    Reading reading{.moment = std::chrono::steady_clock::now(),
                    .unix_time = std::chrono::duration<double>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count(),
                    .counts = counts_of(counters),
                    .latency = counters.all_latency(),
                    .gauges = {}};
    reading.gauges.fill(unknown);
    at(reading.gauges, Series::connections) = static_cast<float>(counters.connections_open);
    if (const auto resident = process_use().resident_bytes) {
        at(reading.gauges, Series::resident) = static_cast<float>(*resident);
    }
    Gauges gauges(reading.gauges);
    tracker_.report(gauges);
    return reading;
}

void History::take() noexcept {
    try {
        const Reading reading = read();
        rings_.with([&](Rings& rings) {
            rings.fine.take(reading);
            rings.coarse.take(reading);
        });
    } catch (const std::exception&) {
        return;  // no memory: a point less
    }
}

void History::run(const std::stop_token& stopping) {
    std::unique_lock lock(mutex_);
    while (!stopping.stop_requested()) {
        take();
        wake_.wait_for(lock, stopping, limits::history_fine_step, [] { return false; });
    }
}

Reply History::answer(const Target& target) {
    const double after = parsed_time(target.value("after").value_or(""));
    const bool is_day = target.value("span") == "day";
    return {.body = rings_.with([&](const Rings& rings) {
                return (is_day ? rings.coarse : rings.fine).json_after(after);
            }),
            .content_type = json_type};
}

}  // namespace chihaya::management
