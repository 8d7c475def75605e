#pragma once

/// @file admission.hpp
/// Who may announce and scrape: the checks of passkey, client and torrent, in this order, or in
/// that of a site that lists clients (passkey, torrent, form, client), and the words a refused
/// client reads.

#include "core/logic/announcement.hpp"
#include "core/logic/interval.hpp"
#include "core/logic/policy.hpp"
#include "core/logic/roster.hpp"

#include <string_view>

namespace chihaya::logic {

/// Thread: a worker's; reads policy and roster only
class Admission {
public:
    /// Lifetime: policy and roster outlive it
    Admission(const Policy& policy, const Roster& roster) noexcept
        : policy_(policy), roster_(roster), intervals_(policy) {}

    /// The policy has changed.
    void adopt() noexcept { intervals_ = Intervals(policy_); }

    /// Checks `announcement.request` and fills in its user, flags and `admitted`.
    ///
    /// `passkey` is what the path held; empty in public mode. On refusal, `announcement.refusal`
    /// says why, and false is returned. What the roster does not know is no reason while it is not
    /// whole: then the refusal is `unavailable`.
    [[nodiscard]] bool admit(Announcement& announcement, std::string_view passkey) const noexcept;

    /// May this passkey scrape? An empty refusal says yes.
    [[nodiscard]] Refusal admit_scrape(std::string_view passkey) const noexcept;

    /// What a client is told whose request the site does not take as it is, in the site's words.
    /// Lifetime: that of `site_words`
    [[nodiscard]] Refusal not_like_this(const char* site_words,
                                        metrics::Ending ending) const noexcept;

    /// What a user who may only seed is told after his leeching announce was counted.
    [[nodiscard]] Refusal may_not_leech() const noexcept;

private:
    [[nodiscard]] Refusal refuse(const char* site_words, std::string_view words,
                                 metrics::Ending ending) const noexcept;
    [[nodiscard]] Refusal refuse_unknown(const char* site_words, std::string_view words,
                                         metrics::Ending ending) const noexcept;
    [[nodiscard]] Refusal not_ready() const noexcept;
    [[nodiscard]] bool admit_user(Announcement& announcement,
                                  std::string_view passkey) const noexcept;
    [[nodiscard]] bool admit_torrent(Announcement& announcement) const noexcept;
    [[nodiscard]] bool admit_form(Announcement& announcement) const noexcept;
    [[nodiscard]] bool admit_client(Announcement& announcement) const noexcept;

    const Policy& policy_;
    const Roster& roster_;
    Intervals intervals_;
};

}  // namespace chihaya::logic
