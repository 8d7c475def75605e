#pragma once

/// @file accounting.hpp
/// From what a client reports and what was known of it to what it is credited with.

#include "chihaya/backend_driver.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/policy.hpp"

namespace chihaya::logic {

/// The delta of one answered announce with an account.
///
/// Traffic since the previous announce is what the counters grew by; a counter that went back (the
/// client restarted) counts from there and credits nothing. A first announce sets the base, and so
/// does `started` where the site wants it.
/// Credited is raw times user's times torrent's multiplier, rounded down; freeleech, a token, or
/// the global switch makes downloads free, neutral makes both free.
///
/// Lifetime: `user_agent` of the result is the announcement's
[[nodiscard]] AnnounceDelta account(const Announcement& announcement, const Policy& policy,
                                    Time now) noexcept;

}  // namespace chihaya::logic
