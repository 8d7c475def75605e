#pragma once

/// @file session_change.hpp
/// A worker's part in a change of the tracker driver: it notes what it changes, opens a session of
/// the new driver beside its own, is held for a moment, and goes on with the new one.

#include "chihaya/scrape.hpp"
#include "core/app/pace.hpp"
#include "core/logic/carry.hpp"
#include "core/logic/tracker.hpp"
#include "core/net/loop_host.hpp"
#include "core/net/worker_loop.hpp"
#include "core/plugin/loader.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

namespace chihaya::app {

/// All workers being held at once. Whoever thinks that it takes too long lets all of them go,
/// unless they are already on their way to the new driver.
class Hold {
public:
    /// The workers may change over. False: it has taken too long.
    [[nodiscard]] bool finish() noexcept { return change_to(State::finished); }
    /// It has taken too long. False: the workers are changing over.
    [[nodiscard]] bool give_up() noexcept { return change_to(State::given_up); }

private:
    enum class State { holds, finished, given_up };

    bool change_to(State state) noexcept {
        State now = State::holds;
        return state_.compare_exchange_strong(now, state) || now == state;
    }

    std::atomic<State> state_{State::holds};
};

/// Thread: the worker's
class SessionChange final : public ScrapeSink {
public:
    /// Lifetime: all outlives this; `session` is what `tracker` asks
    SessionChange(logic::Tracker& tracker, plugin::TrackerSessionPtr& session,
                  net::WorkerLoop& loop, net::LoopHost& host)
        : tracker_(tracker), session_(session), loop_(loop), host_(host) {}
    ~SessionChange();
    SessionChange(const SessionChange&) = delete;
    SessionChange& operator=(const SessionChange&) = delete;

    /// From now on whom it changes is noted. With a pace, the worker keeps it: what comes faster
    /// waits, for as long as `limits::carry_pause_max` at most, and goes out together.
    /// Lifetime: both, until `change_over` or `abandon`
    void note_in(logic::ChangedSwarms& notes, const Pace* pace = nullptr);

    /// Opens a session of `next`. `opened` is told when it answers: ok, or why it does not within
    /// `patience`. Lifetime: `next`, until `abandon`, or until it is replaced itself
    void open(TrackerDriver& next, std::chrono::milliseconds patience,
              std::function<void(Status)> opened);

    /// After `note_in`: keeps what comes. `quiet` is called once the driver has answered all that
    /// it was asked. When `longest` is over, it asks `hold` to give up and goes on.
    /// Lifetime: `hold`, until `change_over` or `abandon`
    void hold(Hold& hold, std::chrono::milliseconds longest, std::function<void()> quiet);

    /// Goes on with the new session. After `Hold::finish`
    void change_over() noexcept;

    /// Gives the session back that is not asked any more.
    void close_old() noexcept { next_.reset(); }

    /// Goes on as it was.
    void abandon() noexcept;

private:
    void done(std::span<const SwarmCounts> answer) noexcept override;
    void failed(Status status) noexcept override;
    void try_out() noexcept;
    void told(Status status) noexcept;
    void turn_ended() noexcept;
    void keep_pace() noexcept;
    void pause_is_over() noexcept;
    void held_for_long() noexcept;
    void let_go() noexcept;

    logic::Tracker& tracker_;
    plugin::TrackerSessionPtr& session_;
    net::WorkerLoop& loop_;
    net::LoopHost& host_;

    plugin::TrackerSessionPtr next_;  // or the old one, once it has been replaced
    ScrapeRequest question_{};
    InfoHash nobody_{};
    ScrapeCall call_{};
    std::chrono::steady_clock::time_point patience_ends_{};
    std::function<void(Status)> opened_;
    logic::ChangedSwarms* notes_ = nullptr;
    std::optional<PaceKeeper> pace_;
    bool pauses_ = false;
    Hold* hold_ = nullptr;
    std::function<void()> quiet_;
};

}  // namespace chihaya::app
