#pragma once

/// @file lanes.hpp
/// What is measured beside each other: the driver, a script as one would write it without thinking,
/// and PING.

#include "plugins/redis/command.hpp"
#include "plugins/redis/redis_driver.hpp"
#include "plugins/redis/store.hpp"
#include "tests/redis/bench/lane.hpp"
#include "tests/redis/bench/population.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::redis::bench {

/// What a tracker does, by the real driver: each member announces once in every `round` of its
/// clock.
class DriverLane final : public Lane {
public:
    /// Errors: std::bad_alloc, std::runtime_error where there is no session
    DriverLane(Loop& loop, const Parameters& parameters, Population& population, std::uint32_t want,
               std::chrono::seconds round);
    ~DriverLane() override;

    /// From now on every swarm is full, and a reply that is not as it must be then is wrong.
    void be_strict() noexcept { is_strict_ = true; }

    /// Announces that were answered after a second look at the swarm.
    [[nodiscard]] std::uint64_t replanned() const noexcept;
    /// Peers fewer than were wanted and there.
    [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }

private:
    struct Slot final : AnnounceSink {
        void done(const AnnounceReply& reply) noexcept override;
        void failed(Status status) noexcept override;

        DriverLane* lane = nullptr;
        std::size_t number = 0;
        Who who{};
        AnnounceRequest request{};
        std::array<std::uint8_t, std::size_t{6} * 200> ipv4{};
        std::array<std::uint8_t, std::size_t{18} * 200> ipv6{};
    };

    void send(std::size_t first, std::size_t count) override;
    [[nodiscard]] std::chrono::duration<double, std::milli> step() const override { return step_; }
    [[nodiscard]] bool is_right(const Slot& slot, const AnnounceReply& reply) noexcept;

    Population& population_;
    const std::uint32_t want_;
    const std::chrono::duration<double, std::milli> step_;
    TrackerSetup setup_{};
    RedisDriver* driver_;
    TrackerSession* session_;
    std::vector<Slot> slots_{slots_max};
    std::vector<AnnounceCall> calls_;
    std::uint64_t place_ = 0;
    std::uint64_t checked_ = 0;
    std::uint64_t missing_ = 0;
    bool is_strict_ = false;
};

/// Commands of its own, over the driver's connections.
class CommandLane : public Lane, private Answered {
protected:
    /// Lifetime: `script` outlives the lane
    /// Errors:   std::bad_alloc, std::runtime_error where there is no connection
    CommandLane(Loop& loop, const Parameters& parameters, std::span<const Script> scripts);

    /// Makes the command of `slot`. Returns: the key's hash slot
    virtual std::uint16_t make(std::size_t slot, Command& command) = 0;
    [[nodiscard]] virtual bool is_right(const Reply& reply) const = 0;
    [[nodiscard]] const std::vector<std::uint16_t>& masters() const noexcept { return masters_; }

private:
    void send(std::size_t first, std::size_t count) final;
    void answered(std::uint32_t ticket, const Reply& reply) noexcept final;
    void failed(std::uint32_t ticket, Status status) noexcept final;

    std::unique_ptr<Store> store_;
    std::vector<std::uint16_t> masters_;
    Command command_;
};

class PingLane final : public CommandLane {
public:
    PingLane(Loop& loop, const Parameters& parameters) : CommandLane(loop, parameters, {}) {}

private:
    std::uint16_t make(std::size_t slot, Command& command) override;
    [[nodiscard]] bool is_right(const Reply& reply) const override {
        return reply.text() == "PONG";
    }
};

/// One script an announce: a swarm is a hash from endpoints to what is known of the peer, and
/// HRANDFIELD picks. IPv4 alone, and nothing ever expires.
class NaiveLane final : public CommandLane {
public:
    NaiveLane(Loop& loop, const Parameters& parameters, const Population& population,
              std::uint32_t want);

    /// Puts everybody into their swarms, outside of what is measured.
    /// Errors: std::runtime_error
    void fill(Client& client);

private:
    static const Script& script();
    std::uint16_t make(std::size_t slot, Command& command) override;
    [[nodiscard]] bool is_right(const Reply& reply) const override;

    const Population& population_;
    const std::uint32_t want_;
    std::uint64_t place_ = 0;
};

}  // namespace chihaya::redis::bench
