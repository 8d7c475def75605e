#pragma once

/// @file site_findings.hpp
/// What reading the site again has changed here.

#include <cstdint>
#include <string>

namespace chihaya::logic {

/// May a load erase most of what is known? A site whose tables are empty, or another's, would
/// otherwise lock all its users out.
enum class MassErasure : std::uint8_t {
    withheld,  // nothing is erased, of no kind, and the findings say how much would have been
    meant,     // the operator has said so
};

/// Of one kind of record.
struct SiteFinding {
    std::uint64_t added = 0;
    std::uint64_t changed = 0;
    std::uint64_t erased = 0;
    std::uint64_t withheld = 0;  // gone at the site, and not erased: see MassErasure
    std::string ids;             // of the first of them, for the log; never a passkey

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
    [[nodiscard]] bool any_withheld() const noexcept {
        return users.withheld + torrents.withheld > 0;
    }
};

}  // namespace chihaya::logic
