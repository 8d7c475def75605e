#pragma once

/// @file site_findings.hpp
/// What reading the site again has changed here.

#include <cstdint>
#include <string>

namespace chihaya::logic {

/// Of one kind of record.
struct SiteFinding {
    std::uint64_t added = 0;
    std::uint64_t changed = 0;
    std::uint64_t erased = 0;
    std::string ids;  // of the first of them, for the log; never a passkey

    [[nodiscard]] std::uint64_t sum() const noexcept { return added + changed + erased; }
};

struct SiteFindings {
    SiteFinding users;
    SiteFinding torrents;
    SiteFinding clients;
    SiteFinding tokens;

    [[nodiscard]] bool any() const noexcept {
        return users.sum() + torrents.sum() + clients.sum() + tokens.sum() > 0;
    }
};

}  // namespace chihaya::logic
