#include "core/logic/tracker.hpp"

#include "core/logic/accounting.hpp"

#include <algorithm>
#include <new>
#include <span>
#include <utility>

namespace chihaya::logic {
namespace {

constexpr std::string_view torrent_denied = "this torrent may not be shared through this tracker";

/// Puts a linked list, newest first, into the order of answering.
template <class Node>
Node* reversed(Node* newest, Node* Node::*next) noexcept {
    Node* oldest = nullptr;
    while (newest != nullptr) {
        Node* const following = std::exchange(newest->*next, oldest);
        oldest = std::exchange(newest, following);
    }
    return oldest;
}

std::uint32_t most_wanted(const Policy& policy) noexcept {
    return policy.site.num_want_max == 0 ? policy.max_num_want
                                         : std::min(policy.max_num_want, policy.site.num_want_max);
}

}  // namespace

void Announcement::done(const AnnounceReply& answer) noexcept {
    reply = answer;
    status_ = {};
    next_answered_ = std::exchange(tracker_->answered_, this);
}

void Announcement::failed(Status status) noexcept {
    status_ = status;
    next_answered_ = std::exchange(tracker_->answered_, this);
}

void Announcement::explain(const TorrentErasure& erasure) noexcept {
    const std::string_view all(erasure.reason.data(), erasure.reason.size());
    const std::string_view reason = all.substr(0, all.find('\0'));
    constexpr std::string_view between = ": ";
    if (reason.empty() ||
        refusal.text.size() + between.size() + reason.size() > explained_.size()) {
        return;
    }
    char* end = std::ranges::copy(refusal.text, explained_.data()).out;
    end = std::ranges::copy(between, end).out;
    end = std::ranges::copy(reason, end).out;
    refusal.text = {explained_.data(), static_cast<std::size_t>(end - explained_.data())};
}

void ScrapeInquiry::done(std::span<const SwarmCounts> answer) noexcept {
    std::copy_n(answer.begin(), std::min(answer.size(), size), counts.begin());
    status_ = {};
    next_answered_ = std::exchange(tracker_->answered_scrapes_, this);
}

void ScrapeInquiry::failed(Status status) noexcept {
    status_ = status;
    next_answered_ = std::exchange(tracker_->answered_scrapes_, this);
}

Tracker::Tracker(const Policy& policy, const Roster& roster, TrackerSession& session,
                 BackendDriver& backend, metrics::WorkerCounters& counters)
    : policy_(policy),
      session_(&session),
      backend_(backend),
      counters_(counters),
      admission_(policy_, roster),
      intervals_(policy),
      protection_(policy.protection),
      num_want_max_(most_wanted(policy)) {
    announces_.reserve(limits::batch_max);
    scrapes_.reserve(limits::batch_max);
    deltas_.reserve(policy.private_mode ? limits::batch_max : 0);
}

void Tracker::adopt(const Policy& policy) noexcept {
    policy_ = policy;
    admission_.adopt();
    intervals_ = Intervals(policy_);
    protection_.adopt(policy_.protection);
    num_want_max_ = most_wanted(policy_);
}

std::uint32_t Tracker::num_want(std::uint32_t asked, bool is_asked) const noexcept {
    return std::min(is_asked ? asked : policy_.default_num_want, num_want_max_);
}

bool Tracker::submit(Announcement& announcement, std::string_view passkey) noexcept {
    announcement.admitted = {};
    announcement.refusal = {};
    announcement.request.user = UserId::none;
    if (!admission_.admit(announcement, passkey) || !admits_torrent(announcement)) {
        counters_.requests.count(announcement.kind, announcement.refusal.ending);
        return false;
    }
    if (!has_room()) {
        announcement.refusal = refusal_for({StatusCode::internal, "out of memory"});
        counters_.requests.count(announcement.kind, announcement.refusal.ending);
        return false;
    }
    announcement.tracker_ = this;
    announcement.submitted_ = turn_began();
    announces_.push_back({&announcement.request, &announcement});
    return true;
}

bool Tracker::admits_torrent(Announcement& announcement) noexcept {
    if (!protection_.is_denied(announcement.request.info_hash)) {
        return true;
    }
    announcement.refusal = refused(torrent_denied, metrics::Ending::denied_info_hash);
    return false;
}

bool Tracker::submit(ScrapeInquiry& inquiry, std::string_view passkey) noexcept {
    inquiry.refusal = admission_.admit_scrape(passkey);
    if (inquiry.refusal) {
        counters_.requests.count(inquiry.kind, inquiry.refusal.ending);
        return false;
    }
    if (!has_room()) {
        inquiry.refusal = refusal_for({StatusCode::internal, "out of memory"});
        counters_.requests.count(inquiry.kind, inquiry.refusal.ending);
        return false;
    }
    inquiry.tracker_ = this;
    inquiry.submitted_ = turn_began();
    inquiry.request_.info_hashes = {inquiry.info_hashes.data(), inquiry.size};
    scrapes_.push_back({&inquiry.request_, &inquiry});
    return true;
}

Refusal Tracker::malformed(const metrics::RequestKind& kind, std::string_view text) noexcept {
    counters_.requests.count(kind, metrics::Ending::malformed);
    return refused(text, metrics::Ending::malformed);
}

Refusal Tracker::malformed(const metrics::RequestKind& kind, const char* site_words,
                           std::string_view passkey) noexcept {
    const Refusal of_passkey = admission_.admit_scrape(passkey);
    const Refusal refusal =
        of_passkey ? of_passkey : admission_.not_like_this(site_words, metrics::Ending::malformed);
    counters_.requests.count(kind, refusal.ending);
    return refusal;
}

Refusal Tracker::refused(std::string_view text, metrics::Ending ending) const noexcept {
    return {.text = text,
            .interval = intervals_.interval(),
            .min_interval = intervals_.min_interval(),
            .retry_minutes = 0,
            .ending = ending};
}

/// For one more of either kind. While it is held there is as much as memory has: connections and
/// datagrams in hand are few.
bool Tracker::has_room() noexcept {
    if (announces_.size() < limits::batch_max && scrapes_.size() < limits::batch_max) {
        return true;  // reserved from the start
    }
    hand_over();
    try {
        if (announces_.size() == announces_.capacity()) {
            announces_.reserve(2 * announces_.capacity());
        }
        if (scrapes_.size() == scrapes_.capacity()) {
            scrapes_.reserve(2 * scrapes_.capacity());
        }
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

void Tracker::hand_over() noexcept {
    if (is_held_) {
        return;
    }
    in_flight_ += announces_.size() + scrapes_.size();
    for (std::span<const AnnounceCall> all = announces_; !all.empty();) {
        const auto batch = all.first(std::min(all.size(), limits::batch_max));
        session_->announce(batch);
        all = all.subspan(batch.size());
    }
    announces_.clear();
    for (std::span<const ScrapeCall> all = scrapes_; !all.empty();) {
        const auto batch = all.first(std::min(all.size(), limits::batch_max));
        session_->scrape(batch);
        all = all.subspan(batch.size());
    }
    scrapes_.clear();
}

bool Tracker::end_turn(Time now) noexcept {
    for (std::uint32_t round = 0; round < limits::pipelined_per_turn_max; ++round) {
        hand_over();
        turn_began_ = {};
        if (answered_ == nullptr && answered_scrapes_ == nullptr) {
            return false;
        }
        answered_at_ = std::chrono::steady_clock::now();
        tell_announcements(now);
        tell_scrapes();
    }
    return !is_held_ && (!announces_.empty() || !scrapes_.empty());
}

/// One that failed may have been applied all the same.
void Tracker::note_answered(const Announcement* first) noexcept {
    for (const Announcement* one = first; one != nullptr; one = one->next_answered_) {
        changes_->note(one->request);
    }
}

void Tracker::tell_announcements(Time now) noexcept {
    Announcement* const first =
        reversed(std::exchange(answered_, nullptr), &Announcement::next_answered_);
    counters_.popularity.turn(answered_at_);
    if (changes_ != nullptr) {
        note_answered(first);
    }
    for (Announcement* one = first; one != nullptr; one = one->next_answered_) {
        if (!one->status_.ok()) {
            one->refusal = refusal_for(one->status_);
            continue;
        }
        count_peer(*one);
        const auto told = intervals_.next(random_);
        one->interval = told.interval;
        one->min_interval = told.min_interval;
        if (one->request.user != UserId::none) {
            deltas_.push_back(account(*one, policy_, now));
            if (!one->admitted.may_leech && one->request.left > 0) {
                one->refusal = admission_.may_not_leech();
            }
        }
        if (deltas_.size() == limits::batch_max) {
            backend_.record(deltas_);
            deltas_.clear();
        }
    }
    if (!deltas_.empty()) {
        backend_.record(deltas_);
        deltas_.clear();
    }
    for (Announcement* one = first; one != nullptr;) {
        Announcement* const following = std::exchange(one->next_answered_, nullptr);
        --in_flight_;
        ended(one->kind, one->refusal, one->submitted_);
        std::exchange(one, following)->answered();  // may submit again, or free itself
    }
}

void Tracker::tell_scrapes() noexcept {
    ScrapeInquiry* one =
        reversed(std::exchange(answered_scrapes_, nullptr), &ScrapeInquiry::next_answered_);
    while (one != nullptr) {
        if (!one->status_.ok()) {
            one->refusal = refusal_for(one->status_);
        }
        ScrapeInquiry* const following = std::exchange(one->next_answered_, nullptr);
        --in_flight_;
        ended(one->kind, one->refusal, one->submitted_);
        std::exchange(one, following)->answered();
    }
}

Refusal Tracker::refusal_for(Status status) const noexcept {
    if (status.code == StatusCode::rejected) {
        return refused(status.reason, metrics::Ending::rejected_by_driver);
    }
    Refusal later = unavailable();
    if (status.code != StatusCode::unavailable) {
        later.ending = metrics::Ending::internal;
    }
    return later;
}

std::chrono::steady_clock::time_point Tracker::turn_began() noexcept {
    if (turn_began_ == std::chrono::steady_clock::time_point{}) {
        turn_began_ = std::chrono::steady_clock::now();
    }
    return turn_began_;
}

void Tracker::ended(const metrics::RequestKind& kind, const Refusal& refusal,
                    std::chrono::steady_clock::time_point submitted) noexcept {
    counters_.requests.count(kind, refusal ? refusal.ending : metrics::Ending::ok);
    counters_.latency_of(kind.front_end, kind.action).measure(answered_at_ - submitted);
}

void Tracker::count_peer(const Announcement& announcement) noexcept {
    const AnnounceRequest& request = announcement.request;
    counters_.popularity.seen(request.info_hash, request.peer_id);
    const PeerHistory& history = announcement.reply.history;
    metrics::PeerCounts& peers =
        counters_.peers_of(request.ipv6.present() ? metrics::Family::ipv6 : metrics::Family::ipv4);
    const bool was_there = history.known && !history.was_dormant;
    const bool seeds = request.left == 0;
    if (request.event == Event::stopped) {
        if (was_there) {
            ++peers.left;
            if (history.was_seeder) {
                ++peers.seeds_left;
            }
        }
        return;
    }
    if (!was_there) {
        ++peers.joined;
    }
    if (seeds && !(was_there && history.was_seeder)) {
        ++peers.seeds_joined;
        if (request.event == Event::completed) {
            ++peers.completed;
        }
    } else if (!seeds && was_there && history.was_seeder) {
        ++peers.seeds_left;
    }
}

}  // namespace chihaya::logic
