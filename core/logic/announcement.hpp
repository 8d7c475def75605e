#pragma once

/// @file announcement.hpp
/// One announce, or one scrape, on its way from a front end through the tracker and back.
///
/// A front end derives from these, fills the request, hands it to `Tracker` and is told through
/// `answered`, at the end of a turn, with no lock held. The object is the session's sink meanwhile,
/// so it must live until then, whether anybody still waits for the answer or not.

#include "chihaya/announce.hpp"
#include "chihaya/registry.hpp"
#include "chihaya/scrape.hpp"
#include "core/base/limits.hpp"
#include "core/metrics/labels.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya::logic {

class Tracker;

/// Why a client gets no answer, in words it may see.
struct Refusal {
    std::string_view text{};     // empty: not refused
    std::uint32_t interval = 0;  // seconds; come back then; 0 says nothing
    std::uint32_t min_interval = 0;
    std::uint32_t retry_minutes = 0;                      // BEP 31; 0 says nothing
    metrics::Ending ending = metrics::Ending::malformed;  // what it is counted as

    [[nodiscard]] explicit operator bool() const noexcept { return !text.empty(); }
};

/// What is needed to answer is away: soon it may be back. BEP 31 counts in minutes.
[[nodiscard]] constexpr Refusal unavailable() noexcept {
    return {.text = "the tracker is temporarily unavailable",
            .interval = 60,
            .min_interval = 60,
            .retry_minutes = 1,
            .ending = metrics::Ending::store_away};
}

/// Who announces, as the roster knows it. Filled by admission.
struct Admitted {
    TorrentId torrent = TorrentId::none;
    double up_multiplier = 1.0;    // user's times torrent's
    double down_multiplier = 1.0;  // likewise
    Freeleech freeleech = Freeleech::none;
    bool has_token = false;
    bool hide_address = false;  // the site does not record it
    bool may_leech = true;
};

/// Lifetime: until `answered`
class Announcement : public AnnounceSink {
public:
    AnnounceRequest request{};  // filled by the front end, completed by admission
    Admitted admitted{};
    bool wants_long_form = false;  // `compact=0`; filled by the front end
    metrics::RequestKind kind{.action = metrics::Action::announce};  // likewise

    // The outcome, for `answered`: a reply, or why there is none.
    AnnounceReply reply{};
    Refusal refusal{};
    std::uint32_t interval = 0;  // seconds, jitter included
    std::uint32_t min_interval = 0;

    /// Kept for a site's books; empty in public mode. Cut to `user_agent_max` bytes.
    void set_user_agent(std::string_view text) noexcept {
        const std::size_t size = std::min(text.size(), user_agent_.size());
        std::copy_n(text.begin(), size, user_agent_.begin());
        user_agent_size_ = static_cast<std::uint8_t>(size);
    }
    [[nodiscard]] std::string_view user_agent() const noexcept {
        return {user_agent_.data(), user_agent_size_};
    }

    /// Appends why a torrent was erased to the refusal's text, if anybody said why.
    void explain(const TorrentErasure& erasure) noexcept;

    /// The outcome is complete. May submit again.
    virtual void answered() noexcept = 0;

protected:
    virtual ~Announcement() = default;

private:
    friend class Tracker;
    void done(const AnnounceReply& answer) noexcept final;
    void failed(Status status) noexcept final;

    Tracker* tracker_ = nullptr;  // while the session has it
    Announcement* next_answered_ = nullptr;
    std::chrono::steady_clock::time_point submitted_{};
    Status status_{};
    std::array<char, limits::user_agent_max> user_agent_{};
    std::uint8_t user_agent_size_ = 0;
    static_assert(limits::user_agent_max <= 255);
    std::array<char, 192> explained_{};  // a refusal with its reason
};

/// Lifetime: until `answered`
class ScrapeInquiry : public ScrapeSink {
public:
    // Filled by the front end.
    std::array<InfoHash, limits::scrape_ceiling> info_hashes{};
    std::size_t size = 0;
    metrics::RequestKind kind{.action = metrics::Action::scrape};

    // The outcome: `counts[i]` belongs to `info_hashes[i]`.
    std::array<SwarmCounts, limits::scrape_ceiling> counts{};
    Refusal refusal{};

    virtual void answered() noexcept = 0;

protected:
    virtual ~ScrapeInquiry() = default;

private:
    friend class Tracker;
    void done(std::span<const SwarmCounts> answer) noexcept final;
    void failed(Status status) noexcept final;

    Tracker* tracker_ = nullptr;
    ScrapeInquiry* next_answered_ = nullptr;
    std::chrono::steady_clock::time_point submitted_{};
    ScrapeRequest request_{};
    Status status_{};
};

}  // namespace chihaya::logic
