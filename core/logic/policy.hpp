#pragma once

/// @file policy.hpp
/// What a tracker may decide, as its operator and its site have decided it.

#include "chihaya/backend_driver.hpp"
#include "core/logic/protection_settings.hpp"

#include <chrono>
#include <cstdint>

namespace chihaya::logic {

class IntervalSetting;

/// Each worker has its own, which changes between its turns only.
struct Policy {
    bool private_mode = false;
    bool freeleech = false;               // downloads are never charged
    bool client_whitelist = false;        // only approved clients
    bool create_on_announce = true;       // public mode: an unknown info-hash makes a swarm
    bool allow_ip_spoofing = false;       // believe `ip`, `ipv4`, `ipv6`
    bool dual_stacked_peers = true;       // of those, one of each family
    bool respect_address_family = false;  // hand out the announcer's own families only
    bool full_scrape = false;
    std::chrono::seconds interval{1800};
    std::chrono::seconds min_interval{900};
    double interval_jitter = 0.05;                      // share of `interval`, either way
    const IntervalSetting* interval_setting = nullptr;  // the site's; null: there is none
    std::uint32_t default_num_want = 50;
    std::uint32_t max_num_want = 200;
    std::uint32_t max_scrape = 100;
    SiteRules site{};
    ProtectionSettings protection{};
};

}  // namespace chihaya::logic
