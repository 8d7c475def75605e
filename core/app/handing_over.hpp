#pragma once

/// @file handing_over.hpp
/// This tracker gives everything it has to a process that takes its place. The conversation is told
/// in core/handover/message.hpp.

#include "core/app/control_loop.hpp"
#include "core/app/greeting.hpp"
#include "core/app/tracker_slot.hpp"
#include "core/app/workers.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/config/config.hpp"
#include "core/handover/channel.hpp"
#include "core/handover/sender.hpp"
#include "core/logic/carry.hpp"
#include "core/logic/roster.hpp"
#include "core/wire/connection_id.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace chihaya::app {

/// Thread: the main thread
class HandingOver {
public:
    /// Lifetime: everything outlives it
    struct Parts {
        Log& log;
        const Clock& clock;
        const config::Config& config;
        TrackerSlot& slot;
        logic::Roster& roster;
        Workers& workers;
        ExpirySink& farewells;
        const wire::ConnectionIds::Key& key;
        std::function<void()> end_reloads;  // nothing is reconfigured from then on
        // Management and the reading of the site are stopped, while everybody announces;
        std::function<void()> quieten_site;
        std::function<void()> free_site;   // then the backend driver, when nobody does.
        std::function<void()> serve_site;  // Both again, when nothing comes of it,
        std::function<void()> dismiss;     // once the other process has gone, as it is told to.
        const std::atomic<bool>& ends;     // this tracker is to stop
    };

    HandingOver(Parts parts, handover::Channel& channel);
    /// Goes back to how it was, unless all has been handed over.
    ~HandingOver();
    HandingOver(const HandingOver&) = delete;
    HandingOver& operator=(const HandingOver&) = delete;

    /// Returns: the other process, which is the tracker from now on; this one has nothing left but
    ///          clients who are taking their replies
    /// Errors:  why not; then this is the tracker
    [[nodiscard]] Result<std::uint64_t> run();

    /// Waits for those clients, and hands their connections on.
    void finish() noexcept;

private:
    using Step = Result<void>;

    [[nodiscard]] Result<void> greet();
    [[nodiscard]] Step begin();
    [[nodiscard]] Step send_sockets();
    [[nodiscard]] Step carry();
    [[nodiscard]] Step pass();
    [[nodiscard]] Step quieten_site();
    [[nodiscard]] Step rest();
    [[nodiscard]] Step wait_for_answers();
    [[nodiscard]] Step free_site();
    [[nodiscard]] Step send_rest();
    [[nodiscard]] Step send_connections();
    [[nodiscard]] Step yield();
    [[nodiscard]] Step expect(handover::Kind kind);
    [[nodiscard]] Status send_erased_users();
    [[nodiscard]] bool take_given_up(std::vector<frontend::OpenConnection>& to);
    void undo() noexcept;
    void wake_workers();

    const Parts parts_;
    handover::Channel& channel_;
    handover::Sender sender_;
    Hello other_;
    bool carries_ = false;
    bool has_begun_ = false;
    bool is_written_to_ = false;
    bool rests_ = false;
    bool is_site_quiet_ = false;
    bool is_site_free_ = false;
    bool is_done_ = false;
    // Each worker's, and at the end everybody else's. A worker may come late to what it is asked.
    std::shared_ptr<std::deque<logic::ChangedSwarms>> notes_;
    TrackerPlacePtr next_;
    std::optional<logic::Carry> carry_;
    std::vector<int> sockets_;
    std::vector<frontend::OpenConnection> connections_;
    std::chrono::steady_clock::time_point rest_began_{};
};

}  // namespace chihaya::app
