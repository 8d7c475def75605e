#pragma once

/// @file tracker.hpp
/// What a tracker does with announces and scrapes, told without sockets: one per worker.
///
/// Front ends admit and submit; at the end of the turn everything submitted goes to the session as
/// one batch, is accounted for, and is told to its front end. A driver that answers later (from a
/// socket task) is told at the end of the turn in which it answered.

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"
#include "core/logic/admission.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/carry.hpp"
#include "core/logic/interval.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/protection.hpp"
#include "core/logic/random.hpp"
#include "core/metrics/counters.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chihaya::logic {

/// Thread: one worker's
/// Lifetime: everything handed to the constructor outlives it; announcements and inquiries outlive
///           their answer
class Tracker {
public:
    Tracker(const Policy& policy, const Roster& roster, TrackerSession& session,
            BackendDriver& backend, metrics::WorkerCounters& counters);

    /// From now on this is the policy; what has been admitted is answered by it, too.
    /// The private mode stays as it is.
    void adopt(const Policy& policy) noexcept;

    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] const Admission& admission() const noexcept { return admission_; }
    [[nodiscard]] const Intervals& intervals() const noexcept { return intervals_; }
    /// Where front ends count what does not reach the tracker.
    [[nodiscard]] metrics::WorkerCounters& counters() noexcept { return counters_; }
    [[nodiscard]] Protection& protection() noexcept { return protection_; }

    /// Peers wanted, after the default and the ceiling have been applied.
    [[nodiscard]] std::uint32_t num_want(std::uint32_t asked, bool is_asked) const noexcept;

    /// Admits the announcement and, if nothing speaks against it, queues it for this turn's batch.
    /// Counts, now or when it is answered, how it ends. False: it was refused; `refusal` says why,
    /// and `answered` will not be called.
    [[nodiscard]] bool submit(Announcement& announcement, std::string_view passkey) noexcept;

    /// Likewise.
    [[nodiscard]] bool submit(ScrapeInquiry& inquiry, std::string_view passkey) noexcept;

    /// What the sender of a malformed request is told. Counts it.
    /// Lifetime: that of `text`
    [[nodiscard]] Refusal malformed(const metrics::RequestKind& kind,
                                    std::string_view text) noexcept;

    /// Likewise, where the site has words of its own for what is wrong; but a passkey that may not
    /// announce at all is told that first.
    /// Lifetime: that of `site_words`
    [[nodiscard]] Refusal malformed(const metrics::RequestKind& kind, const char* site_words,
                                    std::string_view passkey) noexcept;

    /// Hands the gathered batch to the session, accounts for what has been answered, and calls
    /// `answered` of each. What those submit goes out in the same way, up to a bound.
    /// True: something is left for the next turn.
    [[nodiscard]] bool end_turn(Time now) noexcept;

    /// From now on notes whom it has changed, once the driver has answered; null: no more.
    /// Lifetime: borrowed until it is set to null
    void note_changes(ChangedSwarms* changes) noexcept { changes_ = changes; }

    /// From now on what is submitted stays here, and nothing is asked of the session.
    void hold() noexcept { is_held_ = true; }
    /// What has been kept goes out at the end of the turn.
    void resume() noexcept { is_held_ = false; }

    /// What has been asked of the session and not been told yet.
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

    /// Asks this session from now on. To be called while nothing is in flight.
    /// Lifetime: it outlives the tracker, or the next call of this
    void use(TrackerSession& session) noexcept { session_ = &session; }

private:
    friend class Announcement;
    friend class ScrapeInquiry;

    [[nodiscard]] bool has_room() noexcept;
    [[nodiscard]] bool admits_torrent(Announcement& announcement) noexcept;
    void hand_over() noexcept;
    void note_answered(const Announcement* first) noexcept;
    void tell_announcements(Time now) noexcept;
    void tell_scrapes() noexcept;
    void count_peer(const Announcement& announcement) noexcept;
    [[nodiscard]] std::chrono::steady_clock::time_point turn_began() noexcept;
    void ended(const metrics::RequestKind& kind, const Refusal& refusal,
               std::chrono::steady_clock::time_point submitted) noexcept;
    [[nodiscard]] Refusal refusal_for(Status status) const noexcept;
    [[nodiscard]] Refusal refused(std::string_view text, metrics::Ending ending) const noexcept;

    Policy policy_;
    TrackerSession* session_;
    BackendDriver& backend_;
    metrics::WorkerCounters& counters_;
    Admission admission_;
    Intervals intervals_;
    Protection protection_;
    std::uint32_t num_want_max_;
    Random random_;

    std::vector<AnnounceCall> announces_;  // this turn's batch
    std::vector<ScrapeCall> scrapes_;
    Announcement* answered_ = nullptr;  // newest first
    ScrapeInquiry* answered_scrapes_ = nullptr;
    std::vector<AnnounceDelta> deltas_;  // of one batch, for the backend

    ChangedSwarms* changes_ = nullptr;  // while swarms are carried away
    std::size_t in_flight_ = 0;         // at the session, or answered and not told
    bool is_held_ = false;

    // For latencies: read once a turn, not once a request.
    std::chrono::steady_clock::time_point turn_began_{};  // at the first submission; or unset
    std::chrono::steady_clock::time_point answered_at_{};
};

}  // namespace chihaya::logic
