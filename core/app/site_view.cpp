#include "core/app/site_view.hpp"

#include "core/base/limits.hpp"

#include <cstdint>
#include <string_view>

namespace chihaya::app {
namespace {

using std::chrono::seconds;

/// Takes a driver's numbers of seeders and leechers, and no other.
class PeerNumbers final : public MetricSink {
public:
    void gauge(const char* name, double value) noexcept override {
        const std::string_view which = name;
        if (value > 0.0 && which == "seeders") {
            seeders = static_cast<std::uint64_t>(value);
        } else if (value > 0.0 && which == "leechers") {
            leechers = static_cast<std::uint64_t>(value);
        }
    }
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}

    std::uint64_t seeders = 0;
    std::uint64_t leechers = 0;
};

}  // namespace

SiteView::SiteView(const Parts& parts)
    : parts_(parts),
      told_(Told{logic::Intervals(parts.policy), parts.peer_lifetime}),
      started_(parts.clock.now()) {}

void SiteView::adopt(const logic::Policy& policy, seconds peer_lifetime) noexcept {
    told_.with([&](Told& told) { told = {logic::Intervals(policy), peer_lifetime}; });
    const auto set = parts_.interval_setting.read();
    if (seconds(set.interval) + seconds(set.jitter) > peer_lifetime) {
        parts_.interval_setting.write({});
    }
}

void SiteView::add(const metrics::WorkerCounters& worker) {
    workers_.with([&](auto& workers) { workers.push_back(&worker); });
}

bool SiteView::find_user(std::string_view passkey, UserRecord& user) noexcept {
    const auto found = parts_.roster.user(passkey);
    if (found) {
        user = *found;
    }
    return found.has_value();
}

bool SiteView::find_torrent(const InfoHash& info_hash, TorrentRecord& torrent) noexcept {
    const auto found = parts_.roster.torrent(info_hash);
    if (found) {
        torrent = *found;
    }
    return found.has_value();
}

void SiteView::numbers(TrackerNumbers& numbers) noexcept {
    metrics::Snapshot sum;
    workers_.with([&](const auto& workers) {
        for (const metrics::WorkerCounters* worker : workers) {
            sum.add(*worker);
        }
    });
    PeerNumbers peers;
    parts_.tracker.report(peers);
    numbers.uptime = std::chrono::duration_cast<seconds>(parts_.clock.now() - started_);
    told_.with([&](const Told& told) {
        numbers.interval = seconds(told.intervals.interval());
        numbers.interval_jitter = seconds(told.intervals.jitter());
    });
    numbers.connections_opened = sum.arrived(metrics::Arrival::accepted);
    numbers.connections_open = sum.connections_open;
    numbers.requests = sum.handled();
    numbers.announces = sum.announces_answered();
    numbers.announces_failed = sum.announces_failed();
    numbers.scrapes = sum.scrapes();
    numbers.bytes_received = sum.bytes_received();
    numbers.bytes_transmitted = sum.bytes_transmitted();
    numbers.seeders = peers.seeders;
    numbers.leechers = peers.leechers;
}

Status SiteView::set_interval(seconds interval, seconds jitter) noexcept {
    const seconds lifetime = told_.with([](const Told& told) { return told.peer_lifetime; });
    const bool is_good = interval >= seconds(1) && interval <= limits::announce_max &&
                         jitter >= seconds(0) && jitter <= interval &&
                         interval + jitter <= lifetime;
    if (!is_good) {
        return {StatusCode::rejected,
                "an interval is 1 second to 1 day, its jitter no longer than that, and both "
                "together no longer than peer_lifetime"};
    }
    parts_.interval_setting.write({.interval = static_cast<std::uint32_t>(interval.count()),
                                   .jitter = static_cast<std::uint32_t>(jitter.count())});
    return {};
}

}  // namespace chihaya::app
