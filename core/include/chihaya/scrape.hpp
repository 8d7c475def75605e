#pragma once

/// @file scrape.hpp
/// One scrape: the counts of some swarms, and nothing about their peers.

#include "chihaya/status.hpp"
#include "chihaya/types.hpp"

#include <span>

namespace chihaya {

/// Limits:    1 to `scrape_max` info-hashes (core/base/limits.hpp); repeats are allowed
/// Stability: filled by the host; may grow at the end
struct ScrapeRequest {
    std::span<const InfoHash> info_hashes{};
};

/// Receives the outcome of one scrape. Implemented by the host.
/// The rules are those of AnnounceSink: once, on the session's thread, copy and return.
class ScrapeSink {
public:
    /// `counts[i]` belongs to `info_hashes[i]`; a swarm nobody has heard of is all zeros.
    /// Lifetime: `counts` is borrowed until this returns
    virtual void done(std::span<const SwarmCounts> counts) noexcept = 0;

    virtual void failed(Status status) noexcept = 0;

    // ABI 1.0 ends here. Append below, never insert; raise abi::minor when you do.

protected:
    ~ScrapeSink() = default;
};

/// One element of a batch.
struct ScrapeCall {
    const ScrapeRequest* request = nullptr;  // never null
    ScrapeSink* sink = nullptr;              // never null
};

static_assert(CrossesBoundary<ScrapeRequest> && sizeof(ScrapeRequest) == 16);
static_assert(CrossesBoundary<ScrapeCall> && sizeof(ScrapeCall) == 16);

}  // namespace chihaya
