#include "core/app/driver_target.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::steady_clock;

constexpr Status no_session{StatusCode::unavailable, "it gave no session"};
constexpr Status no_memory{StatusCode::unavailable, "out of memory"};

// How often the loop is looked after while it waits.
constexpr std::chrono::milliseconds look_pause{5};

}  // namespace

/// Counts what comes back of a batch.
class DriverTarget::Answers final {
public:
    explicit Answers(std::span<const AnnounceRequest> peers) : sinks_(peers.size()) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            sinks_[i].answers = this;
            calls_.push_back({&peers[i], &sinks_[i]});
        }
        left_ = peers.size();
    }

    [[nodiscard]] std::span<const AnnounceCall> calls() const noexcept { return calls_; }
    [[nodiscard]] bool are_all_in() const noexcept { return left_ == 0; }
    [[nodiscard]] bool has_failed(std::size_t i) const noexcept { return !sinks_[i].status.ok(); }
    [[nodiscard]] Status status() const noexcept { return status_; }

private:
    struct Sink final : AnnounceSink {
        void done(const AnnounceReply& /*reply*/) noexcept override { --answers->left_; }
        void failed(Status why) noexcept override {
            --answers->left_;
            status = why;
            answers->status_ = why;
        }
        Answers* answers = nullptr;
        Status status;
    };

    std::vector<Sink> sinks_;
    std::vector<AnnounceCall> calls_;
    std::size_t left_ = 0;
    Status status_;
};

DriverTarget::DriverTarget(TrackerDriver& driver, std::chrono::milliseconds answer_within,
                           const Clock& clock, Log& log)
    : driver_(driver),
      answer_within_(answer_within),
      loop_(clock),
      host_(loop_, log, "tracker change") {}

DriverTarget::~DriverTarget() {
    session_.reset();
    while (loop_.turn(false)) {
    }
    host_.forget(this);
}

Status DriverTarget::erased(std::span<const TorrentErasure> torrents) {
    has_erased_ = has_erased_ || !torrents.empty();
    return driver_.erase_torrents(torrents);
}

Status DriverTarget::add_swarms(std::span<const SwarmInTransit> swarms) {
    return driver_.add_swarms(swarms);
}

/// Those that failed are told again: a session that has just been opened may not be connected yet.
Status DriverTarget::stopped(std::span<const AnnounceRequest> peers) {
    if (session_ == nullptr) {
        session_ = plugin::TrackerSessionPtr(driver_.open_session(host_));
        if (session_ == nullptr) {
            return no_session;
        }
    }
    const auto until = steady_clock::now() + answer_within_;
    std::vector<AnnounceRequest> all(peers.begin(), peers.end());
    while (true) {
        std::vector<AnnounceRequest> failed;
        Status status;
        for (std::span<const AnnounceRequest> rest = all; !rest.empty();) {
            const auto batch = rest.first(std::min(rest.size(), limits::batch_max));
            const Status told = tell(batch, failed);
            status = told.ok() ? status : told;
            rest = rest.subspan(batch.size());
        }
        if (status.ok() || steady_clock::now() >= until) {
            return status;
        }
        all = std::move(failed);
        if (host_.start_timer(look_pause, Task::to<&DriverTarget::look_at_clock>(*this)) ==
            TimerId::none) {
            return no_memory;
        }
        loop_.turn(true);
    }
}

Status DriverTarget::tell(std::span<const AnnounceRequest> peers,
                          std::vector<AnnounceRequest>& failed) {
    Answers answers(peers);
    loop_.turn(false);
    session_->announce(answers.calls());
    const auto give_up = steady_clock::now() + 2 * answer_within_;  // it is to fail them before
    while (!answers.are_all_in()) {
        if (steady_clock::now() >= give_up ||
            host_.start_timer(look_pause, Task::to<&DriverTarget::look_at_clock>(*this)) ==
                TimerId::none) {
            session_.reset();  // fails what it still has
        } else {
            loop_.turn(true);
        }
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
        if (answers.has_failed(i)) {
            failed.push_back(peers[i]);
        }
    }
    return session_ == nullptr ? no_session : answers.status();
}

// That time has passed is all there is to it.
void DriverTarget::look_at_clock() noexcept {}

}  // namespace chihaya::app
