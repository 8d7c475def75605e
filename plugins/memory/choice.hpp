#pragma once

/// @file choice.hpp
/// Whom a reply holds. To change how peers are selected, change choice.cpp and nothing else.

#include "chihaya/announce.hpp"
#include "plugins/memory/random.hpp"
#include "plugins/memory/swarm.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace chihaya::memory {

/// What choosing needs besides the swarm: dice, and room for candidates where not everybody may be
/// handed out. One per session; made once, so that choosing never allocates.
class Chooser {
public:
    /// Candidates looked at in one region when they must be looked at one by one: what bounds the
    /// work in a swarm of any size.
    static constexpr std::uint32_t candidates_max = 4096;

    /// And those looked at for the announcer's own subnet, which are few among many: some ten
    /// microseconds under the lock.
    static constexpr std::uint32_t near_looks_max = 16'384;

    /// Errors: std::bad_alloc
    explicit Chooser(std::uint64_t seed);

    /// Writes peers of `swarm` into `request.room`, and their numbers into `reply`.
    /// `seen` says where the announcer itself is.
    void choose(const Swarm& swarm, const AnnounceRequest& request, const Seen& seen,
                const Surroundings& in, AnnounceReply& reply) noexcept;

private:
    struct Announcer;
    template <class Endpoint>
    struct Shelf;

    void choose_inline(const Swarm& swarm, const Announcer& who, const AnnounceRequest& request,
                       AnnounceReply& reply) noexcept;
    template <class Endpoint>
    std::uint32_t choose_from(const Shelf<Endpoint>& shelf, const Announcer& who,
                              std::uint32_t want) noexcept;
    template <class Endpoint>
    std::uint32_t choose_among(const Shelf<Endpoint>& shelf, const Announcer& who,
                               std::uint32_t want) noexcept;
    template <class Endpoint, class Is>
    void gather(const Shelf<Endpoint>& shelf, Region region, bool rare, Is&& is) noexcept;
    template <class Endpoint>
    std::uint32_t take_listed(const Shelf<Endpoint>& shelf, std::uint32_t want,
                              std::uint32_t written) noexcept;
    template <class Endpoint>
    std::uint32_t take(const Shelf<Endpoint>& shelf, Region region, std::uint32_t want,
                       std::uint32_t written) noexcept;
    template <class Emit>
    void spread_over(std::uint32_t total, std::uint32_t count, Emit&& emit) noexcept;

    Random random_;
    std::array<std::vector<std::uint32_t>, 2> listed_;  // candidates: seeders, leechers
};

/// How many seeders and how many leechers, of those there are.
struct Quota {
    std::uint32_t seeders = 0;
    std::uint32_t leechers = 0;
};
[[nodiscard]] Quota quota(std::uint32_t seeders, std::uint32_t leechers,
                          std::uint32_t want) noexcept;

}  // namespace chihaya::memory
