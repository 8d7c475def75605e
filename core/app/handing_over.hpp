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
        std::function<void()> free_site;   // management and backend driver are stopped,
        std::function<void()> serve_site;  // and started again, when nothing comes of it
    };

    HandingOver(const Parts& parts, handover::Channel& channel)
        : parts_(parts), channel_(channel), sender_(channel) {}
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

    [[nodiscard]] Step greet();
    [[nodiscard]] Step send_sockets();
    [[nodiscard]] Step carry();
    [[nodiscard]] Step pass();
    [[nodiscard]] Step rest();
    [[nodiscard]] Step free_site();
    [[nodiscard]] Step send_rest();
    [[nodiscard]] Step send_connections();
    [[nodiscard]] Step yield();
    [[nodiscard]] Step expect(handover::Kind kind);
    [[nodiscard]] std::vector<frontend::OpenConnection> given_up();
    void undo() noexcept;

    const Parts parts_;
    handover::Channel& channel_;
    handover::Sender sender_;
    const std::atomic<bool> ends_{false};
    Hello other_;
    bool carries_ = false;
    bool is_written_to_ = false;
    bool is_closed_ = false;
    bool rests_ = false;
    bool is_site_free_ = false;
    bool is_done_ = false;
    std::deque<logic::ChangedSwarms> notes_;  // each worker's, and at the end everybody else's
    std::optional<logic::Carry> carry_;
    std::vector<int> sockets_;
    std::vector<frontend::OpenConnection> connections_;
    std::chrono::steady_clock::time_point rest_began_{};
};

}  // namespace chihaya::app
