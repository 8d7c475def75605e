#include "core/management/observer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace chihaya::management {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

RateBase reading_of(const metrics::Snapshot& counters) {
    return {.at = Steady::now(),
            .announces = counters.announces(),
            .scrapes = counters.scrapes(),
            .handled = counters.handled(),
            .dropped = counters.dropped(),
            .received = counters.bytes_received(),
            .transmitted = counters.bytes_transmitted()};
}

Rates rates_between(const RateBase& before, const RateBase& now) {
    const double seconds = std::chrono::duration<double>(now.at - before.at).count();
    if (seconds < 0.5) {
        return {};
    }
    const auto rate = [&](std::uint64_t RateBase::*count) {
        const std::uint64_t more = now.*count - std::min(now.*count, before.*count);
        return static_cast<double>(more) / seconds;
    };
    return {.seconds = seconds,
            .announces = rate(&RateBase::announces),
            .scrapes = rate(&RateBase::scrapes),
            .handled = rate(&RateBase::handled),
            .dropped = rate(&RateBase::dropped),
            .received = rate(&RateBase::received),
            .transmitted = rate(&RateBase::transmitted)};
}

/// Who is there and has not joined, as far as the driver says so.
std::array<PeersFound, metrics::family_count> peers_found(const Parts& parts) {
    DriverReport report;
    parts.tracker.report(report);
    const metrics::Snapshot counters = parts.counters();
    const auto beyond = [&](const std::string& name, std::uint64_t joined, std::uint64_t left) {
        const std::uint64_t known = report.find_whole(name).value_or(0) + left;
        return known - std::min(known, joined);
    };
    std::array<PeersFound, metrics::family_count> found;
    for (const metrics::Family family : {metrics::Family::ipv4, metrics::Family::ipv6}) {
        const std::string name(metrics::name_of(family));
        const metrics::PeerTotals& totals = counters.peers[metrics::index_of(family)];
        found[metrics::index_of(family)] = {
            .peers = beyond("peers_" + name, totals.joined, totals.left),
            .seeders = beyond("seeders_" + name, totals.seeds_joined, totals.seeds_left)};
    }
    return found;
}

}  // namespace

Observer::Observer(const Parts& parts, const Settings& settings)
    : parts_(parts),
      found_(peers_found(parts)),
      settings_(settings),
      health_(parts.tracker, parts.backend) {}

void Observer::adopt(const Settings& settings) {
    settings_.with([&](Settings& mine) {
        mine.tracker_driver = settings.tracker_driver;
        mine.backend_driver = settings.backend_driver;
    });
}

Observation Observer::observe() {
    Observation seen;
    seen.counters = parts_.counters();
    seen.found = found_;
    if (parts_.popular_clients) {
        seen.popularity = parts_.popular_clients();
    }
    seen.rates = rates(seen.counters);
    parts_.tracker.report(seen.tracker);
    parts_.backend.report(seen.backend);
    seen.health = health_.ask();
    if (parts_.circumstances) {
        seen.circumstances = parts_.circumstances();
    }
    seen.unready = unready(seen.health, seen.circumstances);
    seen.roster = parts_.roster.sizes();
    seen.roster_bytes = parts_.roster.bytes();
    seen.process = process_use();
    seen.uptime = std::chrono::floor<std::chrono::seconds>(Steady::now() - made_);
    return seen;
}

std::vector<std::string> Observer::unready() {
    return unready(health_.ask(), parts_.circumstances ? parts_.circumstances() : Circumstances{});
}

std::vector<std::string> Observer::unready(const DriverHealth& health,
                                           const Circumstances& circumstances) {
    const Settings about = settings();
    std::vector<std::string> reasons;
    if (circumstances.is_stopping) {
        reasons.emplace_back("stopping");
    }
    if (!health.tracker_ok) {
        reasons.push_back("tracker driver " + about.tracker_driver + ": " + health.tracker_reason);
    }
    if (!health.backend_ok) {
        reasons.push_back("backend driver " + about.backend_driver + ": " + health.backend_reason);
    }
    if (!parts_.roster.is_whole()) {
        reasons.emplace_back("the registry has not been read yet");
    }
    return reasons;
}

Rates Observer::rates(const metrics::Snapshot& counters) {
    const RateBase now = reading_of(counters);
    return marks_.with([&](Marks& past) {
        auto* const begin = past.ring.data();
        auto* end = begin + static_cast<std::ptrdiff_t>(past.size);
        // Of those that are too old the newest stays, so that there is something to compare with.
        auto* const fresh =
            std::find_if(begin, end, [&](const RateBase& one) { return now.at - one.at <= 11s; });
        auto* const first = fresh == end && fresh != begin ? end - 1 : fresh;
        if (first != begin) {
            end = std::move(first, end, begin);
        }
        const Rates result = end == begin ? Rates{} : rates_between(*begin, now);
        if (end == begin || now.at - (end - 1)->at >= 1s) {
            if (end == begin + past.ring.size()) {
                end = std::move(begin + 1, end, begin);
            }
            *end++ = now;
        }
        past.size = static_cast<std::size_t>(end - begin);
        return result;
    });
}

}  // namespace chihaya::management
