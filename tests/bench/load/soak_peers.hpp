#pragma once

/// @file soak_peers.hpp
/// Peers whose counters say the truth, and what a site owes their users for what was answered.

#include "tests/bench/load/soak_options.hpp"

#include <cstdint>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

namespace chihaya::bench {

/// What a torrent is at the site: its index modulo 3. Users and torrents have their index and
/// first_account as ID.
enum class SoakKind : std::uint8_t { normal, free, neutral };

struct Bytes {
    std::uint64_t up = 0;
    std::uint64_t down = 0;

    Bytes& operator+=(const Bytes& more) noexcept {
        up += more.up;
        down += more.down;
        return *this;
    }
    friend Bytes operator-(const Bytes& left, const Bytes& right) noexcept {
        return {left.up - right.up, left.down - right.down};
    }
};

/// Every peer announces in its turn, so that two announces of one peer are some time apart.
///
/// A peer begins with `started` and zeros, grows, completes, and stops now and then; later it
/// begins anew. What is not answered with a success is said again, with at least those counters.
class SoakPeers {
public:
    explicit SoakPeers(const SoakOptions& options);

    /// Whose turn it is now; no peer when all have been answered after `finish`.
    [[nodiscard]] std::int64_t next();
    [[nodiscard]] bool has_next() const noexcept {
        return !queue_.empty() && !(is_finishing_ && unfinished_ == 0);
    }

    /// Writes the peer's request to `out`, which has room for request_size_max.
    /// Returns: its length
    std::size_t write(std::uint32_t peer, char* out);

    /// The announce was answered with a success, now; or it was not, and has another turn.
    void answered(std::uint32_t peer, std::uint64_t now);
    void unanswered(std::uint32_t peer) { queue_.push_front(peer); }

    /// The tracker was killed at this time: what it was told last may be forgotten.
    void doubt(std::uint64_t killed_at);

    /// Every peer announces once more.
    void finish();

    /// Writes what was reported, and what of it is in doubt, as tables into the folder.
    void report();

    struct Counts {
        std::uint64_t sessions = 0;
        std::uint64_t completions = 0;
        std::uint64_t stops = 0;
        Bytes reported;
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

private:
    enum class Stage : std::uint8_t { away, starting, here, completing, stopping };

    struct Peer {
        Bytes now{};       // counters of this session
        Bytes reported{};  // the same, as last answered
        Bytes last{};      // what the last answer added
        std::uint64_t left = 0;
        std::uint64_t started_at = 0;  // when that was answered; nanoseconds
        std::uint64_t completed_at = 0;
        std::uint64_t stopped_at = 0;
        std::uint32_t sessions = 0;
        Stage stage = Stage::away;
        bool may_be_unknown = false;  // the tracker was killed right after `started`
        bool is_done = false;         // answered since `finish`
    };

    void advance(Peer& peer);
    void settle(std::uint32_t index, Peer& peer, std::uint64_t now);
    void note_session(std::uint32_t index, const Peer& peer, bool is_active);
    void note_doubt(std::uint32_t index, const char* what, const Bytes& bytes,
                    std::uint64_t before_kill);
    [[nodiscard]] std::uint64_t random(std::uint64_t below) noexcept;
    [[nodiscard]] std::uint32_t user_of(std::uint32_t index) const noexcept;
    [[nodiscard]] std::uint32_t torrent_of(std::uint32_t index) const noexcept;
    [[nodiscard]] static std::string peer_id(std::uint32_t index, const Peer& peer);

    SoakOptions options_;
    std::vector<Peer> peers_;
    std::deque<std::uint32_t> queue_;
    std::vector<Bytes> users_;             // to be added to their totals
    std::vector<std::int64_t> balances_;   // of torrents
    std::vector<std::uint32_t> snatches_;  // likewise
    std::ofstream sessions_;
    std::ofstream doubts_;
    Counts counts_;
    std::uint64_t random_;
    std::uint64_t killed_at_ = 0;
    std::uint32_t unfinished_ = 0;
    bool is_finishing_ = false;
};

}  // namespace chihaya::bench
