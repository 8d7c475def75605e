#pragma once

/// @file taking_over.hpp
/// This process takes the place of a tracker that runs. The conversation is told in
/// core/handover/message.hpp.

#include "core/app/greeting.hpp"
#include "core/app/workers.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/handover/channel.hpp"
#include "core/handover/receiver.hpp"
#include "core/net/given_sockets.hpp"
#include "core/wire/connection_id.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace chihaya::app {

/// Thread: the main thread
class TakingOver {
public:
    /// Lifetime: the log outlives it
    TakingOver(std::unique_ptr<handover::Channel> channel, Log& log)
        : channel_(std::move(channel)), log_(log) {}
    ~TakingOver();
    TakingOver(const TakingOver&) = delete;
    TakingOver& operator=(const TakingOver&) = delete;

    // In this order. Errors: StartupError: the other one goes on

    /// Learns what will come, and is given the sockets. `clock`: this process's.
    void greet(const Hello& hello, const Clock& clock);
    [[nodiscard]] bool carries() const noexcept { return welcome_.carries; }
    [[nodiscard]] net::GivenSockets take_sockets() noexcept { return std::move(sockets_); }
    [[nodiscard]] const wire::ConnectionIds::Key& key() const noexcept { return key_; }

    /// Registry and swarms, until the other one has let go of its site.
    void receive_until_freed(RegistrySink& registry, logic::CarryTarget& swarms);

    /// The rest, until this process is the tracker. The workers have been started at rest.
    /// Lifetime: the workers, until `end`
    void receive_the_rest(RegistrySink& registry, logic::CarryTarget& swarms, Workers& workers);

    /// Takes what is still answered by the other one, on a thread of its own.
    void begin_to_receive_late(Workers& workers);
    void end() noexcept;

private:
    [[nodiscard]] handover::Message next(std::chrono::milliseconds patience);
    void wait_for_go();
    [[nodiscard]] bool has_died() const;
    void take_in(handover::Message& message, Workers& workers);
    void receive_late(Workers& workers) noexcept;

    std::unique_ptr<handover::Channel> channel_;
    Log& log_;
    Welcome welcome_;
    net::GivenSockets sockets_;
    wire::ConnectionIds::Key key_{};
    std::chrono::seconds ahead_{0};
    std::size_t worker_ = 0;  // whose turn it is to be given a connection
    std::atomic<bool> ends_{false};
    std::thread late_;
};

}  // namespace chihaya::app
