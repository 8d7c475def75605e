#pragma once

/// @file slow_worker.hpp
/// A worker without its thread, whose session answers when a test says so.

#include "core/base/clock.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/tracker.hpp"
#include "core/metrics/snapshot.hpp"
#include "core/net/bound_socket.hpp"
#include "core/net/worker_loop.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace chihaya::frontend {

/// What a front end stands on. A test's fixture has the front end, and says what ends a turn.
struct SlowWorker {
    explicit SlowWorker(const logic::Policy& decided) : policy(decided) {}

    test::ScriptedTracker driver;
    test::ScriptedBackend backend;
    test::ScriptedSession session;
    const logic::Policy policy;
    logic::Roster roster{driver};
    metrics::WorkerCounters counters;
    Clock clock;
    net::WorkerLoop loop{clock};
    logic::Tracker tracker{policy, roster, session, backend, counters};

    [[nodiscard]] metrics::Snapshot sum() const {
        metrics::Snapshot sum;
        sum.add(counters);
        return sum;
    }

    /// Turns until `done`, however long that takes: the test's time limit is the bound.
    template <class Done>
    void until(Done done) {
        while (!done()) {
            loop.turn(false);
        }
    }

    void put_user(std::string_view passkey, UserFlags flags) {
        UserRecord user{.id = UserId{1}, .flags = flags};
        std::ranges::copy(passkey, user.passkey.text.begin());
        REQUIRE(roster.put_users(std::array{user}).ok());
    }
    void put_torrent(const InfoHash& info_hash) {
        REQUIRE(
            roster
                .put_torrents(std::array{TorrentRecord{.id = TorrentId{1}, .info_hash = info_hash}})
                .ok());
    }
};

/// Intervals without jitter.
inline logic::Policy policy_of(bool is_private) {
    logic::Policy policy;
    policy.private_mode = is_private;
    policy.interval_jitter = 0;
    return policy;
}

/// A bound socket on a port of 127.0.0.1 that the system chooses.
inline net::BoundSocket on_loopback(net::Transport transport) {
    const auto bound = net::bind_socket(transport, IpAddress::parse("127.0.0.1"), false, 0, true);
    REQUIRE(bound.has_value());
    return *bound;
}

}  // namespace chihaya::frontend
