#pragma once

/// @file truthful_peers.hpp
/// Peers that report what they have moved, and what a site must credit for it, to the byte.

#include "tests/gazelle_program/private_tracker.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {

/// Two hundred peers: fifty users, from 1000 on, each on four torrents, 200 to 203. Half of them
/// seed.
/// Thread: one at a time
class TruthfulPeers {
public:
    static constexpr std::uint32_t first_user = 1'000;
    static constexpr std::uint32_t users = 50;
    static constexpr std::uint32_t first_torrent = 200;
    static constexpr std::uint32_t torrents = 4;
    static constexpr std::uint32_t all = users * torrents;

    /// Adds them to the site; its tracker is to be started after that.
    explicit TruthfulPeers(Site& site);

    /// Each has moved something since its last announce, and announces; a peer's first one begins
    /// at nothing. All over one connection, in batches of `at_once` requests.
    /// Errors: std::runtime_error when one is not answered with a success
    void announce(PrivateTracker& tracker, std::size_t at_once = 1);

    /// How many announces were answered, all together.
    [[nodiscard]] std::uint64_t announced() const noexcept { return announced_; }

    /// In what the site differs from what they have said: totals of users, counts and balances of
    /// torrents. Empty: in nothing
    [[nodiscard]] std::string differences(Site& site) const;

private:
    struct Peer {
        std::uint32_t user = 0;
        std::uint32_t torrent = 0;
        std::string peer_id{};
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        bool has_begun = false;
    };

    [[nodiscard]] std::string next_request(Peer& peer);

    std::vector<Peer> peers_;
    std::uint64_t announced_ = 0;
};

/// Peers that announce all the time, one after another, on a thread.
class SteadyLoad {
public:
    /// Returns when each peer has announced. Lifetime: both outlive it
    SteadyLoad(TruthfulPeers& peers, PrivateTracker& tracker);
    ~SteadyLoad() { end(); }
    SteadyLoad(const SteadyLoad&) = delete;
    SteadyLoad& operator=(const SteadyLoad&) = delete;

    /// Waits until each peer has announced so often since now.
    void wait_for_rounds(std::uint64_t rounds = 1) const;

    /// Ends it, and waits until the database has everything.
    void finish();
    /// Ends it.
    void end();

    /// What went wrong until `finish`, in words; empty: every announce was a success.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

private:
    void run() noexcept;

    TruthfulPeers& peers_;
    PrivateTracker& tracker_;
    std::atomic<bool> ends_{false};
    std::atomic<std::uint64_t> rounds_{0};
    std::string failure_;  // for others after the end
    std::thread thread_;
};

}  // namespace chihaya::test
