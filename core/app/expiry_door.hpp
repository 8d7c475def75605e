#pragma once

/// @file expiry_door.hpp
/// The door through which a tracker driver says who fell silent.

#include "chihaya/swarm.hpp"
#include "core/logic/carry.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <tuple>
#include <vector>

namespace chihaya::app {

/// A driver's expiry sink. Open, it passes everybody on. While swarms are carried, that of the old
/// driver also notes whom it passes on, and that of the new one keeps them back: nobody shall be
/// said farewell to twice.
/// Thread: any
class ExpiryDoor final : public ExpirySink {
public:
    /// Lifetime: `site` outlives the door
    explicit ExpiryDoor(ExpirySink& site) : site_(site) {}

    void expired(std::span<const ExpiredPeer> peers) noexcept override;

    /// Notes whom it passes on, from now on. Lifetime: `notes`, until `open` or `close`
    void note_in(logic::ChangedSwarms& notes) noexcept;
    /// Keeps them back, from now on.
    void keep_back() noexcept;
    /// Passes on, from now on, and no more than that.
    /// Returns: whom it has kept back
    std::vector<ExpiredPeer> open() noexcept;
    /// Passes nobody on any more.
    void close() noexcept;

    /// Has it passed this one on, since it notes?
    [[nodiscard]] bool has_passed(const ExpiredPeer& gone) const noexcept;

private:
    enum class State { open, notes, keeps_back, closed };
    using Farewell = std::tuple<std::array<std::uint8_t, 20>, UserId, std::array<std::uint8_t, 20>,
                                std::chrono::sys_seconds>;

    [[nodiscard]] static Farewell farewell(const ExpiredPeer& gone) noexcept;

    ExpirySink& site_;
    mutable std::mutex mutex_;  // protects what follows
    State state_ = State::open;
    logic::ChangedSwarms* notes_ = nullptr;
    std::vector<ExpiredPeer> kept_;
    std::set<Farewell> passed_;
};

}  // namespace chihaya::app
