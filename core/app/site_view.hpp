#pragma once

/// @file site_view.hpp
/// The tracker as its site may see it and set it: what the backend driver is lent.

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/logic/interval.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/roster.hpp"
#include "core/metrics/snapshot.hpp"

#include <chrono>
#include <vector>

namespace chihaya::app {

/// Thread: any but a worker's
class SiteView final : public TrackerView {
public:
    /// Lifetime: everything outlives the view
    struct Parts {
        const Clock& clock;
        const logic::Roster& roster;
        TrackerDriver& tracker;
        const logic::Policy& policy;
        logic::IntervalSetting& interval_setting;  // which the policy names
        std::chrono::seconds peer_lifetime;        // that of the tracker driver
    };

    /// The tracker is up from now on.
    explicit SiteView(const Parts& parts);

    /// The policy has changed. An interval that the site has set stays, unless peers would now be
    /// forgotten in between.
    void adopt(const logic::Policy& policy, std::chrono::seconds peer_lifetime) noexcept;

    /// These are counted from now on. Lifetime: the counters outlive the view's use
    void add(const metrics::WorkerCounters& worker);

    bool find_user(std::string_view passkey, UserRecord& user) noexcept override;
    bool find_torrent(const InfoHash& info_hash, TorrentRecord& torrent) noexcept override;
    void numbers(TrackerNumbers& numbers) noexcept override;
    Status set_interval(std::chrono::seconds interval,
                        std::chrono::seconds jitter) noexcept override;

private:
    const Parts parts_;
    struct Told {
        logic::Intervals intervals;
        std::chrono::seconds peer_lifetime;
    };
    Guarded<Told> told_;
    const Time started_;
    Guarded<std::vector<const metrics::WorkerCounters*>> workers_;
};

}  // namespace chihaya::app
