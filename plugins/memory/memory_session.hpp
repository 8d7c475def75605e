#pragma once

/// @file memory_session.hpp
/// A worker's door to the shared swarms. Answers within the call.

#include "chihaya/tracker_driver.hpp"
#include "plugins/memory/choice.hpp"
#include "plugins/memory/memory_driver.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::memory {

class MemorySession final : public TrackerSession {
public:
    /// Errors: std::bad_alloc
    MemorySession(MemoryDriver& driver, Host& host);
    ~MemorySession() { host_.forget(this); }
    MemorySession(const MemorySession&) = delete;
    MemorySession& operator=(const MemorySession&) = delete;

    void announce(std::span<const AnnounceCall> batch) noexcept override;
    void scrape(std::span<const ScrapeCall> batch) noexcept override;
    void release() noexcept override;

private:
    /// Calls whose memory is asked for before the first of them is served.
    static constexpr std::size_t round_max = 32;

    void announce_round(std::span<const AnnounceCall> round, const Rules& rules,
                        const Moment& now) noexcept;
    void announce_one(const AnnounceRequest& request, std::uint64_t hash, const Surroundings& in,
                      SwarmTable& table, AnnounceReply& reply);
    void scrape_one(const ScrapeRequest& request, ScrapeSink& sink);
    /// Brings the swarms of `hashes` closer, all at once instead of one miss after the other.
    void fetch_ahead(std::span<const std::uint64_t> hashes) noexcept;

    Moment look_at_clock() noexcept;
    void start_timer(std::chrono::milliseconds delay) noexcept;
    void sweep() noexcept;

    MemoryDriver& driver_;
    Host& host_;
    Chooser chooser_;
    std::vector<SwarmCounts> counts_;  // reused between scrapes
    std::vector<ExpiredPeer> farewells_;
    Time swept_{};                  // up to here
    std::uint64_t sweep_debt_ = 0;  // in shards times milliseconds of a round
    bool timer_runs_ = false;
    bool has_accounts_ = false;  // one has announced here
};

}  // namespace chihaya::memory
